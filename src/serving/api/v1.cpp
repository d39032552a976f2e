// TensorFlow Serving's REST interface: https://www.tensorflow.org/tfx/serving/api_rest

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"
#include "api/read_upload.hpp"
#include "api/recognize.hpp"
#include "tensorflow_serving/json.hpp"

namespace vidi::api {
namespace {

namespace v2 = open_inference;
namespace v1 = tensorflow_serving;

// "models/NAME:VERB" or "models/NAME/versions/VERSION:VERB".
struct Target {
  std::string_view model;
  std::string_view version;
  std::string_view verb;
};

Target target_of(http::Request& request) {
  Target target{.model = request.parameter("model"), .version = request.parameter("version"), .verb = {}};
  std::string_view& last = target.version.empty() ? target.model : target.version;
  const auto colon = last.rfind(':');
  if (colon == std::string_view::npos) return target;
  target.verb = last.substr(colon + 1);
  last = last.substr(0, colon);
  return target;
}

// As TensorFlow Serving says it: clients look for "Servable not found".
Result<v2::ModelMetadata> find_model(Application& application, const Target& target) {
  auto found = application.open_inference.metadata(target.model, target.version);
  if (found || found.error().code != ErrorCode::not_found) return found;
  const std::string which = target.version.empty() ? fmt::format("Latest({})", target.model)
                                                   : fmt::format("Specific({}, {})", target.model, target.version);
  return fail(ErrorCode::not_found,
              fmt::format("Servable not found for request: {}: {}", which, found.error().message));
}

v2::InferRequest question_of(http::Request& request, const Target& target, v2::Tensor input, std::string user) {
  v2::InferRequest question;
  question.model = target.model;
  question.version = target.version;
  question.inputs.push_back(std::move(input));
  question.arrived = request.arrived();
  question.record = make_uuid(question.arrived);
  question.user = std::move(user);
  return question;
}

}  // namespace

Task<http::Response> get_v1_model(Application& application, http::Request& request) {
  const Target target = target_of(request);
  if (!target.verb.empty()) {
    Error error{.code = ErrorCode::invalid_argument, .message = fmt::format("':{}' is asked with POST", target.verb)};
    co_return error_response(&request, error);
  }
  const auto model = find_model(application, target);
  if (!model) co_return error_response(&request, model.error());
  co_return json_text(v1::write_status(*model));
}

Task<http::Response> get_v1_metadata(Application& application, http::Request& request) {
  const auto model = find_model(application, target_of(request));
  if (!model) co_return error_response(&request, model.error());
  co_return json_text(v1::write_metadata(*model));
}

Task<http::Response> post_v1_model(Application& application, http::Request& request) {
  const Target target = target_of(request);
  const bool predict = target.verb == "predict";
  if (!predict && target.verb != "classify") {
    Error error{.code = ErrorCode::invalid_argument,
                .message = fmt::format("'{}' is no method; predict and classify are", target.verb)};
    co_return error_response(&request, error);
  }
  auto user = user_of(request);
  if (!user) co_return error_response(&request, user.error());
  const auto model = find_model(application, target);
  if (!model) co_return error_response(&request, model.error());
  const auto taken = application.open_inference.check_load(target.model, target.version);
  if (!taken) co_return error_response(&request, taken.error());
  const auto body = co_await http::read_all(request.body(), application.max_body_bytes);
  if (!body) co_return error_response(&request, body.error());
  const std::size_t most = application.open_inference.most_elements();
  Result<v1::PredictRequest> asked;
  if (predict) {
    asked = v1::parse_predict(*body, *model, most);
  } else if (auto examples = v1::parse_classify(*body, *model, most)) {
    asked->input = std::move(*examples);
  } else {
    asked = forward_error(examples);
  }
  if (!asked) co_return error_response(&request, asked.error());
  auto question = question_of(request, target, std::move(asked->input), recorded_user(request, std::move(*user)));
  if (!predict) question.outputs.push_back({.name = model->outputs.front().name});
  note_question(request, question);
  const auto answer = co_await application.open_inference.infer(std::move(question));
  if (!answer) co_return error_response(&request, answer.error());
  note_answer(request, *answer);
  co_return json_text(predict ? v1::write_predictions(*answer, asked->rows)
                              : v1::write_classes(*answer, model->labels));
}

}  // namespace vidi::api
