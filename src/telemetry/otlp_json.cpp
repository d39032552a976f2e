#include "telemetry/otlp_json.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

namespace vidi::telemetry {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostText = 1024;  // of a client's text in an attribute, in bytes
constexpr int kInternal = 1;             // enum SpanKind
constexpr int kServer = 2;
constexpr int kError = 2;  // enum Status.StatusCode

std::string bounded(std::string_view text) { return std::string(text.substr(0, kMostText)); }

void add(Json& attributes, const char* key, std::string_view text) {
  if (!text.empty()) attributes.push_back({{"key", key}, {"value", {{"stringValue", text}}}});
}

// 64-bit numbers are strings in OTLP's JSON.
void add(Json& attributes, const char* key, std::uint64_t number) {
  attributes.push_back({{"key", key}, {"value", {{"intValue", std::to_string(number)}}}});
}

// The system clock's time of a moment of the steady clock, by the request's arrival, which is known in both.
std::string unix_nanoseconds(const RequestRecord& record, Clock::time_point moment) {
  const auto since_arrival = std::chrono::duration_cast<std::chrono::nanoseconds>(moment - record.begin);
  const auto arrival = std::chrono::duration_cast<std::chrono::nanoseconds>(record.arrived.time_since_epoch());
  return std::to_string((arrival + since_arrival).count());
}

Json span(const RequestRecord& record, std::uint64_t id, std::uint64_t parent, int kind, Clock::time_point begin,
          Clock::time_point end) {
  Json json;
  json["traceId"] = to_string(record.trace.trace);
  json["spanId"] = span_to_string(id);
  if (parent != 0) json["parentSpanId"] = span_to_string(parent);
  json["flags"] = 1;  // sampled
  json["kind"] = kind;
  json["startTimeUnixNano"] = unix_nanoseconds(record, begin);
  json["endTimeUnixNano"] = unix_nanoseconds(record, end);
  return json;
}

// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
Json request_span(const FinishedRequest& request) {
  constexpr std::array<std::string_view, 9> kKnown{"GET",    "HEAD",    "POST",  "PUT",    "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  const RequestRecord& record = request.record;
  const bool known = std::ranges::find(kKnown, request.method) != kKnown.end();
  Json json = span(record, record.trace.span, record.trace.parent, kServer, record.begin, record.end);
  json["name"] = (known ? request.method : std::string("HTTP")) + (request.route.empty() ? "" : " " + request.route);
  Json& attributes = json["attributes"] = Json::array();
  add(attributes, "http.request.method", known ? std::string_view(request.method) : std::string_view("_OTHER"));
  if (!known) add(attributes, "http.request.method_original", request.method);
  add(attributes, "http.route", request.route);
  add(attributes, "url.path", request.path);
  add(attributes, "url.scheme", "http");
  add(attributes, "client.address", request.remote_address);
  add(attributes, "network.protocol.name", "http");
  add(attributes, "user_agent.original", request.user_agent);
  add(attributes, "http.response.status_code", static_cast<std::uint64_t>(record.status));
  add(attributes, "http.request.size", record.bytes_in);
  add(attributes, "http.response.size", record.bytes_out);
  add(attributes, "vidi.protocol", protocol_of(record));
  add(attributes, "vidi.model", record.model);
  add(attributes, "vidi.model.version", record.version);
  if (record.id) add(attributes, "vidi.prediction.id", vidi::to_string(*record.id));
  if (record.error) add(attributes, "vidi.error", vidi::name(*record.error));
  if (record.status >= 500) {
    add(attributes, "error.type", std::to_string(record.status));
    json["status"] = {{"code", kError}};
  }
  return json;
}

void add_spans(Json& spans, const FinishedRequest& request) {
  const RequestRecord& record = request.record;
  spans.push_back(request_span(request));
  for (std::size_t i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    const Stages::Time& time = record.stages[stage];
    if (!time.entered()) continue;
    Json json = span(record, new_span_id(), record.trace.span, kInternal, time.begin, time.end);
    json["name"] = name(stage);
    spans.push_back(std::move(json));
  }
}

}  // namespace

FinishedRequest finished(const RequestRecord& record) {
  FinishedRequest request;
  request.record = record;
  request.method = bounded(record.method);
  request.path = bounded(record.path);
  request.route = std::string(record.route);
  request.remote_address = std::string(record.remote_address);
  request.user_agent = bounded(record.user_agent);
  request.record.protocol = protocol_of(record);
  return request;
}

std::string to_otlp_json(std::span<const FinishedRequest> requests, const OtlpResource& resource) {
  Json attributes = Json::array();
  add(attributes, "service.name", "vidi");
  add(attributes, "service.version", resource.version);
  add(attributes, "service.instance.id", resource.instance);
  Json spans = Json::array();
  for (const FinishedRequest& request : requests) add_spans(spans, request);
  Json scope;
  scope["scope"] = {{"name", "vidi"}, {"version", resource.version}};
  scope["spans"] = std::move(spans);
  Json of_process;
  of_process["resource"]["attributes"] = std::move(attributes);
  of_process["scopeSpans"] = Json::array({std::move(scope)});
  Json body;
  body["resourceSpans"] = Json::array({std::move(of_process)});
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::uint64_t count_spans(const RequestRecord& record) {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < kStages; ++i) count += record.stages[static_cast<Stage>(i)].entered() ? 1U : 0U;
  return count;
}

}  // namespace vidi::telemetry
