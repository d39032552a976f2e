#include "api/negotiate.hpp"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "api/pages.hpp"
#include "api/status.hpp"

namespace vidi::api {
namespace {

http::Response json_error(const Error& error) {
  nlohmann::ordered_json body;
  body["error"] = {{"code", name(error.code)}, {"message", error.message}};
  http::Response response;
  response.content_type = "application/json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return response;
}

http::Response error_in_form(AnswerForm form, const Error& error) {
  if (form == AnswerForm::json) return json_error(error);
  if (form == AnswerForm::html) return html_response(message_page("That did not work", error.message));
  http::Response response;
  response.body = error.message + "\n";
  return response;
}

// As the protocols of /v1 and /v2 have it: {"error":"…"}.
bool speaks_protocol(const http::Request* request) {
  if (request == nullptr) return false;
  const std::string_view path = request->path();
  return path == "/v2" || path.starts_with("/v2/") || path.starts_with("/v1/") || path.starts_with("/V1/");
}

http::Response protocol_error(const Error& error) {
  nlohmann::ordered_json body;
  body["error"] = error.message;
  http::Response response;
  response.content_type = "application/json";
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

}  // namespace

AnswerForm answer_form(const http::Request& request) {
  if (request.path().starts_with("/api/")) return AnswerForm::json;
  const auto accept = request.header("Accept");
  if (!accept) return AnswerForm::text;
  const double json = http::accept_quality(accept, "application/json");
  const double html = http::accept_quality(accept, "text/html");
  const double text = http::accept_quality(accept, "text/plain");
  const bool json_is_named = accept->find("application/json") != std::string_view::npos;
  if (json > 0 && json >= html && (json > text || (json == text && json_is_named))) return AnswerForm::json;
  return html > text ? AnswerForm::html : AnswerForm::text;
}

void note_error(const http::Request& request, const Error& error) {
  if (request.record() != nullptr) request.record()->error = error.code;
}

http::Response error_response(const http::Request* request, const Error& error) {
  if (request != nullptr) note_error(*request, error);
  const AnswerForm form = request != nullptr ? answer_form(*request) : AnswerForm::text;
  http::Response response = speaks_protocol(request) ? protocol_error(error) : error_in_form(form, error);
  response.status = http_status(error.code);
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (response.status == 503 || error.retry_after.count() > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(error.retry_after.count(), 1)));
  }
  return response;
}

}  // namespace vidi::api
