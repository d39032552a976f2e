#include "api/recognise.hpp"

#include <utility>

#include "api/access.hpp"
#include "api/read_upload.hpp"

namespace vidi::api {

Task<Result<records::Prediction>> recognise_request(Application& application, http::Request& request) {
  auto upload = co_await read_upload(application, request);
  if (!upload) co_return forward_error(upload);
  upload->user = recorded_user(request, std::move(upload->user));
  const std::string model(request.query("model").value_or(application.default_model));
  auto prediction = co_await application.recognizer.recognize(*upload, model);
  if (!prediction) co_return prediction;
  prediction->latency = now() - prediction->time;
  records::Prediction copy = *prediction;
  const auto recorded = co_await application.recorder.record(std::move(copy), upload->bytes);
  if (!recorded) co_return std::unexpected(recorded.error());
  co_return prediction;
}

}  // namespace vidi::api
