#include "api/recognise.hpp"

#include <utility>

#include "api/access.hpp"
#include "api/read_upload.hpp"

namespace vidi::api {

Task<Result<records::Prediction>> recognise_request(Application& application, http::Request& request) {
  auto upload = co_await read_upload(application, request);
  if (!upload) co_return forward_error(upload);
  upload->user = recorded_user(request, std::move(upload->user));
  if (request.record() != nullptr) upload->stages = &request.record()->stages;
  const std::string model(request.query("model").value_or(application.default_model));
  auto prediction = co_await application.recognizer.recognize(*upload, model);
  if (!prediction) co_return prediction;
  prediction->latency = now() - prediction->time;
  records::Prediction copy = *prediction;
  const auto recorded = co_await application.recorder.record(std::move(copy), upload->bytes, upload->stages);
  if (!recorded) co_return std::unexpected(recorded.error());
  note_prediction(request, *prediction);
  co_return prediction;
}

void note_prediction(const http::Request& request, const records::Prediction& prediction) {
  telemetry::RequestRecord* const record = request.record();
  if (record == nullptr) return;
  record->id = prediction.id;
  record->model = prediction.model;
  record->version = prediction.version;
  record->user = prediction.user;
  ++record->predictions;
}

void note_question(const http::Request& request, open_inference::InferRequest& question) {
  telemetry::RequestRecord* const record = request.record();
  if (record == nullptr) return;
  record->user = question.user;
  question.stages = &record->stages;
}

void note_answer(const http::Request& request, const open_inference::InferAnswer& answer) {
  telemetry::RequestRecord* const record = request.record();
  if (record == nullptr) return;
  if (!answer.predictions.empty()) record->id = answer.predictions.front();
  record->model = answer.model;
  record->version = answer.version;
  record->predictions = answer.predictions.size();
}

}  // namespace vidi::api
