#include <nlohmann/json.hpp>

#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/negotiate.hpp"
#include "api/pages.hpp"
#include "api/recognise.hpp"
#include "api/status.hpp"

namespace vidi::api {
namespace {

const FormPage kUploadForm{.title = "Upload a picture", .action = "/upload", .field = "file", .message = {}};

}  // namespace

Task<http::Response> get_upload(Application&, http::Request&) { co_return html_response(form_page(kUploadForm)); }

Task<http::Response> post_upload(Application& application, http::Request& request) {
  const auto prediction = co_await recognise_request(application, request);
  if (prediction) {
    http::Response response;
    response.status = 303;
    response.headers.emplace_back("Location", "/uploads/" + to_string(prediction->id));
    response.body = to_text(*prediction);
    co_return response;
  }
  if (answer_form(request) != AnswerForm::html) co_return error_response(&request, prediction.error());
  FormPage page = kUploadForm;
  page.message = prediction.error().message;
  http::Response response = html_response(form_page(page));
  response.status = http_status(prediction.error().code);
  co_return response;
}

Task<http::Response> get_uploaded(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  const AnswerForm form = answer_form(request);
  if (form == AnswerForm::json) co_return json_response(to_json(*prediction));
  co_return html_response(prediction_page(*prediction));
}

Task<http::Response> get_uploaded_image(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  const Error missing{ErrorCode::not_found, "there is no picture of this prediction"};
  if (!prediction->image) co_return error_response(&request, missing);
  const auto picture = co_await application.recorder.objects().get(*prediction->image);
  if (!picture) co_return error_response(&request, picture.error());
  if (!*picture) co_return error_response(&request, missing);

  http::Response response;
  response.content_type = prediction->media_type;
  response.body = as_text(**picture);
  const std::string name = prediction->safe_filename.empty() ? "picture" : prediction->safe_filename;
  response.headers = {{"Content-Disposition", "inline; filename=" + http::quoted(name)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Content-Security-Policy", "default-src 'none'; sandbox"},
                      {"Cache-Control", "private, max-age=3600"}};
  co_return response;
}

}  // namespace vidi::api
