#include "telemetry/otlp_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>

#include "telemetry/escape.hpp"

namespace vidi::telemetry {
namespace {

constexpr std::size_t kMostAttribute = 1024;  // of a client's text in an attribute, in bytes
constexpr int kInternal = 1;                  // enum SpanKind
constexpr int kServer = 2;

// Written by hand: a tree of JSON values took eight times the processor time.
class Attributes {
 public:
  explicit Attributes(std::string& json) : json_(json) { json_ += "\"attributes\":["; }

  void add(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    begin(key);
    json_ += "\"stringValue\":";
    append_quoted(json_, text, kMostAttribute);
    json_ += "}}";
  }
  // 64-bit numbers are strings in OTLP's JSON.
  void add(std::string_view key, std::uint64_t number) {
    begin(key);
    fmt::format_to(std::back_inserter(json_), "\"intValue\":\"{}\"}}}}", number);
  }
  void end() { json_ += ']'; }

 private:
  void begin(std::string_view key) {
    if (!first_) json_ += ',';
    first_ = false;
    json_ += "{\"key\":\"";
    json_ += key;
    json_ += "\",\"value\":{";
  }

  std::string& json_;
  bool first_ = true;
};

// The system clock's time of a moment of the steady clock, by the request's arrival, which is known in both.
std::int64_t unix_nanoseconds(const RequestRecord& record, Clock::time_point moment) {
  const auto since_arrival = std::chrono::duration_cast<std::chrono::nanoseconds>(moment - record.begin);
  const auto arrival = std::chrono::duration_cast<std::chrono::nanoseconds>(record.arrived.time_since_epoch());
  return (arrival + since_arrival).count();
}

struct Span {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  int kind = kInternal;
  Clock::time_point begin;
  Clock::time_point end;
};

// All but the name, the attributes and the closing brace.
void begin_span(std::string& json, const RequestRecord& record, const Span& span) {
  fmt::format_to(std::back_inserter(json), "{{\"traceId\":\"{:016x}{:016x}\",\"spanId\":\"{:016x}\",",
                 record.trace.trace.high, record.trace.trace.low, span.id);
  if (span.parent != 0) {
    fmt::format_to(std::back_inserter(json), "\"parentSpanId\":\"{:016x}\",", span.parent);
  }
  fmt::format_to(std::back_inserter(json),
                 "\"flags\":1,\"kind\":{},\"startTimeUnixNano\":\"{}\",\"endTimeUnixNano\":\"{}\",\"name\":", span.kind,
                 unix_nanoseconds(record, span.begin), unix_nanoseconds(record, span.end));
}

// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
void append_request_span(std::string& json, const FinishedRequest& request) {
  constexpr std::array<std::string_view, 9> kKnown{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  const RequestRecord& record = request.record;
  const bool known = std::ranges::find(kKnown, request.method) != kKnown.end();
  begin_span(json, record,
             {.id = record.trace.span,
              .parent = record.trace.parent,
              .kind = kServer,
              .begin = record.begin,
              .end = record.end});
  append_quoted(json,
                (known ? request.method : std::string("HTTP")) + (request.route.empty() ? "" : " ") + request.route,
                kMostAttribute);
  json += ',';
  Attributes attributes(json);
  attributes.add("http.request.method", known ? std::string_view(request.method) : std::string_view("_OTHER"));
  if (!known) attributes.add("http.request.method_original", request.method);
  attributes.add("http.route", request.route);
  attributes.add("url.path", request.path);
  attributes.add("url.scheme", record.scheme);
  attributes.add("client.address", request.remote_address);
  attributes.add("network.protocol.name", "http");
  attributes.add("user_agent.original", request.user_agent);
  attributes.add("http.response.status_code", static_cast<std::uint64_t>(record.status));
  attributes.add("http.request.size", record.bytes_in);
  attributes.add("http.response.size", record.bytes_out);
  attributes.add("vidi.protocol", protocol_of(record));
  attributes.add("vidi.model", record.model);
  attributes.add("vidi.model.version", record.version);
  if (record.id) attributes.add("vidi.prediction.id", vidi::to_string(*record.id));
  if (record.error) attributes.add("vidi.error", vidi::name(*record.error));
  if (record.status >= 500) attributes.add("error.type", std::to_string(record.status));
  attributes.end();
  if (record.status >= 500) json += ",\"status\":{\"code\":2}";  // STATUS_CODE_ERROR
  json += '}';
}

void append_spans(std::string& json, const FinishedRequest& request) {
  const RequestRecord& record = request.record;
  append_request_span(json, request);
  for (std::size_t i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    const Stages::Time& time = record.stages[stage];
    if (!time.entered()) continue;
    json += ',';
    begin_span(
        json, record,
        {.id = new_span_id(), .parent = record.trace.span, .kind = kInternal, .begin = time.begin, .end = time.end});
    append_quoted(json, name(stage), kMostAttribute);
    json += '}';
  }
}

std::string bounded(std::string_view text) { return std::string(text.substr(0, kMostAttribute + 4)); }

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
  std::string json;
  json.reserve(requests.size() * 3072);
  json += "{\"resourceSpans\":[{\"resource\":{";
  Attributes attributes(json);
  attributes.add("service.name", "vidi");
  attributes.add("service.version", resource.version);
  attributes.add("service.instance.id", resource.instance);
  attributes.end();
  json += "},\"scopeSpans\":[{\"scope\":{\"name\":\"vidi\"},\"spans\":[";
  bool first = true;
  for (const FinishedRequest& request : requests) {
    if (!first) json += ',';
    first = false;
    append_spans(json, request);
  }
  json += "]}]}]}";
  return json;
}

std::uint64_t count_spans(const RequestRecord& record) {
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < kStages; ++i) count += record.stages[static_cast<Stage>(i)].entered() ? 1U : 0U;
  return count;
}

}  // namespace vidi::telemetry
