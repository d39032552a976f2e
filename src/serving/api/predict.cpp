#include <nlohmann/json.hpp>

#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/information.hpp"
#include "api/negotiate.hpp"
#include "api/pages.hpp"
#include "api/recognize.hpp"
#include "api/status.hpp"

namespace vidi::api {
namespace {

const FormPage kForm{.title = "Recognize a picture", .action = "/predict", .field = "photo", .message = {}};

// The body of the response: the prediction of one picture is the object itself, those of several stand in a list, in
// the order of the pictures.
nlohmann::ordered_json predictions_to_json(const std::vector<records::Prediction>& predictions,
                                           const models::Repository& models, const http::Request& request) {
  if (predictions.size() == 1) return to_json(predictions.front(), models, request);
  nlohmann::ordered_json json;
  json["predictions"] = nlohmann::ordered_json::array();
  for (const records::Prediction& each : predictions) json["predictions"].push_back(to_json(each, models, request));
  return json;
}

}  // namespace

Task<http::Response> get_predict(Application&, http::Request&) { co_return html_response(form_page(kForm)); }

Task<http::Response> post_predict(Application& application, http::Request& request) {
  const auto predictions = co_await recognize_request(application, request);
  const AnswerForm form = answer_form(request);
  if (!predictions && form == AnswerForm::html) {
    note_error(request, predictions.error());
    FormPage page = kForm;
    page.message = predictions.error().message;
    http::Response response = html_response(form_page(page));
    response.status = http_status(predictions.error().code);
    co_return response;
  }
  if (!predictions) co_return error_response(&request, predictions.error());
  const models::Repository& models = application.recognizer.models();
  if (form == AnswerForm::json) co_return json_response(predictions_to_json(*predictions, models, request));
  if (form == AnswerForm::html) {
    const auto latest = co_await latest_predictions(application, request);
    const PageInformation shown = page_information(predictions->back(), models, request);
    co_return html_response(home_page(predictions->back(), latest, shown));
  }
  http::Response response;
  for (const records::Prediction& prediction : *predictions) response.body += to_text(prediction);
  co_return response;
}

}  // namespace vidi::api
