#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/information.hpp"
#include "api/negotiate.hpp"
#include "api/pages.hpp"
#include "api/recognize.hpp"
#include "api/status.hpp"
#include "image/encode.hpp"

namespace vidi::api {
namespace {

const FormPage kUploadForm{.title = "Upload a picture", .action = "/upload", .field = "file", .message = {}};

const std::array<std::pair<std::string, std::string>, 3> kPictureHeaders{{
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; sandbox"},
    {"Cache-Control", "private, max-age=3600"},
}};

// The stored picture of a prediction.
Task<Result<Bytes>> stored_picture(Application& application, const records::Prediction& prediction) {
  const Error missing{ErrorCode::not_found, "there is no picture of this prediction"};
  if (!prediction.image) co_return std::unexpected(missing);
  auto picture = co_await application.recorder.objects().get(*prediction.image);
  if (!picture) co_return forward_error(picture);
  if (!*picture) co_return std::unexpected(missing);
  co_return std::move(**picture);
}

}  // namespace

Task<http::Response> get_upload(Application&, http::Request&) { co_return html_response(form_page(kUploadForm)); }

Task<http::Response> post_upload(Application& application, http::Request& request) {
  const auto predictions = co_await recognize_request(application, request, 1);
  if (predictions) {
    const records::Prediction& prediction = predictions->front();
    http::Response response;
    response.status = 303;
    response.headers.emplace_back("Location", "/uploads/" + to_string(prediction.id));
    response.body = to_text(prediction);
    co_return response;
  }
  if (answer_form(request) != AnswerForm::html) co_return error_response(&request, predictions.error());
  note_error(request, predictions.error());
  FormPage page = kUploadForm;
  page.message = predictions.error().message;
  http::Response response = html_response(form_page(page));
  response.status = http_status(predictions.error().code);
  co_return response;
}

Task<http::Response> get_uploaded(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  const AnswerForm form = answer_form(request);
  const models::Repository& models = application.recognizer.models();
  if (form == AnswerForm::json) co_return json_response(to_json(*prediction, models, request));
  co_return html_response(prediction_page(*prediction, page_information(*prediction, models, request)));
}

Task<http::Response> get_uploaded_image(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  const auto picture = co_await stored_picture(application, *prediction);
  if (!picture) co_return error_response(&request, picture.error());

  http::Response response;
  response.content_type = prediction->media_type;
  response.body = as_text(*picture);
  const std::string name = prediction->safe_filename.empty() ? "picture" : prediction->safe_filename;
  response.headers.assign(kPictureHeaders.begin(), kPictureHeaders.end());
  response.headers.emplace_back("Content-Disposition", "inline; filename=" + http::quoted(name));
  co_return response;
}

// Drawn anew from the stored picture, by the model that answered, in its newest version.
Task<http::Response> get_explanation(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  auto picture = co_await stored_picture(application, *prediction);
  if (!picture) co_return error_response(&request, picture.error());
  recognition::Upload upload;
  upload.bytes = std::move(*picture);
  const auto explanation = co_await application.recognizer.explain(upload, prediction->model);
  if (!explanation) co_return error_response(&request, explanation.error());

  http::Response response;
  response.content_type = "image/png";
  response.body = as_text(image::encode_png(*explanation));
  response.headers.assign(kPictureHeaders.begin(), kPictureHeaders.end());
  co_return response;
}

}  // namespace vidi::api
