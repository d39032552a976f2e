#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/information.hpp"
#include "api/negotiate.hpp"
#include "api/read_upload.hpp"

namespace vidi::api {
namespace {

constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kMaxCorrection = 4096;  // bytes of a PATCH body
constexpr std::size_t kMaxLabel = 256;        // characters

std::optional<std::string> text(const http::Request& request, std::string_view name) {
  const auto value = request.query(name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

Result<std::optional<Timestamp>> time(const http::Request& request, std::string_view name) {
  const auto value = request.query(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_timestamp(*value);
  if (parsed) return *parsed;
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is not a time for '{}'; expected one such as 2019-01-29T16:55:06Z", *value, name));
}

Result<std::size_t> limit(const http::Request& request) {
  const std::string_view value = request.query("limit").value_or("50");
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && end == value.data() + value.size() && number >= 1 && number <= kMaxLimit) return number;
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is not a limit; expected a number from 1 to {}", value, kMaxLimit));
}

Result<records::Query> read_query(const http::Request& request) {
  records::Query query;
  query.user = text(request, "user");
  query.model = text(request, "model");
  query.result = text(request, "result");
  query.cursor = text(request, "cursor");
  auto from = time(request, "from");
  if (!from) return forward_error(from);
  query.from = *from;
  auto to = time(request, "to");
  if (!to) return forward_error(to);
  query.to = *to;
  auto count = limit(request);
  if (!count) return forward_error(count);
  query.limit = *count;
  auto visible = visible_to(request).narrow(std::move(query));
  if (visible) return std::move(*visible);
  return fail(ErrorCode::forbidden, fmt::format("this key sees the predictions of '{}' only", request.identity().name));
}

Result<std::string> read_label(const Bytes& body) {
  const auto json = nlohmann::json::parse(as_text(body), nullptr, false);
  const std::string expected = "expected a JSON object with the right answer, such as {\"label\":\"7\"}";
  if (json.is_discarded() || !json.is_object() || !json.contains("label") || !json["label"].is_string()) {
    return fail(ErrorCode::invalid_argument, expected);
  }
  std::string label = json["label"].get<std::string>();
  // Every byte of UTF-8 begins a character but those from 0x80 to 0xBF; the JSON's parser has checked that it is UTF-8.
  const auto characters =
      std::ranges::count_if(label, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  if (label.empty() || static_cast<std::size_t>(characters) > kMaxLabel) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the label has {} characters; expected 1 to {}", characters, kMaxLabel));
  }
  return label;
}

}  // namespace

Task<http::Response> list_predictions(Application& application, http::Request& request) {
  auto query = read_query(request);
  if (!query) co_return error_response(&request, query.error());
  const auto page = co_await application.recorder.records().list(std::move(*query));
  if (!page) co_return error_response(&request, page.error());
  nlohmann::ordered_json body;
  body["predictions"] = nlohmann::ordered_json::array();
  for (const records::Prediction& prediction : page->predictions) body["predictions"].push_back(to_json(prediction));
  body["next"] = page->next ? nlohmann::ordered_json(*page->next) : nullptr;
  co_return json_response(body);
}

Task<http::Response> get_prediction(Application& application, http::Request& request) {
  const auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());
  co_return json_response(to_json(*prediction, application.recognizer.models(), request));
}

Task<http::Response> patch_prediction(Application& application, http::Request& request) {
  const auto body = co_await http::read_all(request.body(), kMaxCorrection);
  if (!body) co_return error_response(&request, body.error());
  auto label = read_label(*body);
  if (!label) co_return error_response(&request, label.error());
  auto user = user_of(request);
  if (!user) co_return error_response(&request, user.error());
  auto prediction = co_await find_prediction(application, request);
  if (!prediction) co_return error_response(&request, prediction.error());

  records::Correction correction;
  correction.label = std::move(*label);
  correction.user = recorded_user(request, std::move(*user));
  correction.time = now();
  prediction->correction = correction;
  const auto corrected = co_await application.recorder.records().correct(prediction->id, std::move(correction));
  if (!corrected) co_return error_response(&request, corrected.error());
  if (!*corrected) co_return error_response(&request, no_such_prediction());
  co_return json_response(to_json(*prediction, application.recognizer.models(), request));
}

Task<http::Response> delete_prediction(Application& application, http::Request& request) {
  const auto id = parse_uuid(request.parameter("id"));
  if (!id) co_return error_response(&request, no_such_prediction());
  if (!visible_to(request).is_all()) {
    const auto own = co_await find_prediction(application, request);
    if (!own) co_return error_response(&request, own.error());
  }
  const auto forgotten = co_await application.recorder.forget(*id);
  if (!forgotten) co_return error_response(&request, forgotten.error());
  if (!*forgotten) co_return error_response(&request, no_such_prediction());
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace vidi::api
