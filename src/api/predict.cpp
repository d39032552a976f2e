#include <nlohmann/json.hpp>

#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"
#include "api/pages.hpp"
#include "api/recognise.hpp"
#include "api/status.hpp"

namespace vidi::api {
namespace {

const FormPage kForm{.title = "Recognise a picture", .action = "/predict", .field = "photo", .message = {}};

}  // namespace

Task<http::Response> get_predict(Application&, http::Request&) { co_return html_response(form_page(kForm)); }

Task<http::Response> post_predict(Application& application, http::Request& request) {
  const auto prediction = co_await recognise_request(application, request);
  const AnswerForm form = answer_form(request);
  if (!prediction && form == AnswerForm::html) {
    note_error(request, prediction.error());
    FormPage page = kForm;
    page.message = prediction.error().message;
    http::Response response = html_response(form_page(page));
    response.status = http_status(prediction.error().code);
    co_return response;
  }
  if (!prediction) co_return error_response(&request, prediction.error());
  if (form == AnswerForm::json) co_return json_response(to_json(*prediction));
  if (form == AnswerForm::html) {
    const auto latest = co_await latest_predictions(application, request);
    co_return html_response(home_page(*prediction, latest));
  }
  http::Response response;
  response.body = to_text(*prediction);
  co_return response;
}

}  // namespace vidi::api
