#include "api/recognize.hpp"

#include <fmt/format.h>

#include <utility>

#include "api/access.hpp"
#include "api/read_upload.hpp"
#include "core/when_all.hpp"

namespace vidi::api {
namespace {

using records::Prediction;

Task<Result<Prediction>> recognize(Application& application, const recognition::Upload& upload, std::string model) {
  auto prediction = co_await application.recognizer.recognize(upload, model);
  if (prediction) prediction->latency = now() - prediction->time;
  co_return prediction;
}

Task<Result<void>> record(Application& application, const recognition::Upload& upload, Prediction prediction) {
  co_return co_await application.recorder.record(std::move(prediction), upload.bytes, upload.stages);
}

// One task is awaited where it is; several run at the same time.
template <typename T>
Task<std::vector<T>> all_of(std::vector<Task<T>> tasks) {
  if (tasks.size() != 1) co_return co_await when_all(std::move(tasks));
  std::vector<T> results;
  results.push_back(co_await std::move(tasks.front()));
  co_return results;
}

// The error of one picture among several says which.
Error error_of(Error error, std::size_t index, const recognition::Upload& upload, std::size_t count) {
  if (count > 1) error.message = fmt::format("picture {} ({}): {}", index, upload.filename.value_or(""), error.message);
  return error;
}

}  // namespace

Task<Result<std::vector<Prediction>>> recognize_request(Application& application, http::Request& request,
                                                        std::size_t most) {
  const std::string model(request.query("model").value_or(application.default_model));
  if (auto checked = application.recognizer.check_load(model); !checked) co_return forward_error(checked);
  auto uploads = co_await read_uploads(application, request);
  if (!uploads) co_return forward_error(uploads);
  if (uploads->size() > most) {
    co_return fail(ErrorCode::invalid_argument,
                   fmt::format("{} pictures in the form: send {} here, or all to /predict", uploads->size(), most));
  }
  // The stages of several pictures overlap.
  if (uploads->size() == 1 && request.record() != nullptr) uploads->front().stages = &request.record()->stages;
  std::vector<Task<Result<Prediction>>> recognizing;
  for (recognition::Upload& upload : *uploads) {
    upload.user = recorded_user(request, std::move(upload.user));
    recognizing.push_back(recognize(application, upload, model));
  }
  auto recognized = co_await all_of(std::move(recognizing));
  std::vector<Prediction> predictions;
  for (std::size_t i = 0; i < recognized.size(); ++i) {
    if (!recognized[i]) {
      co_return std::unexpected(error_of(std::move(recognized[i].error()), i, (*uploads)[i], uploads->size()));
    }
    predictions.push_back(std::move(*recognized[i]));
  }
  std::vector<Task<Result<void>>> recording;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    recording.push_back(record(application, (*uploads)[i], predictions[i]));
  }
  auto recorded = co_await all_of(std::move(recording));
  for (Result<void>& each : recorded) {
    if (!each) co_return forward_error(each);
  }
  for (const Prediction& prediction : predictions) note_prediction(request, prediction);
  co_return predictions;
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
