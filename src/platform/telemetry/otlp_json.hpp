#pragma once
// Requests as OpenTelemetry spans, in the JSON encoding of OTLP 1.x:
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

#include <cstdint>
#include <span>
#include <string>

#include "telemetry/request_record.hpp"

namespace vidi::telemetry {

// What remains of a request when its connection has gone on.
struct FinishedRequest {
  RequestRecord record;  // its views are not to be used
  std::string method;
  std::string path;
  std::string route;
  std::string remote_address;
  std::string user_agent;
};

FinishedRequest finished(const RequestRecord& record);

// Of one process.
struct OtlpResource {
  std::string version;   // of vidi
  std::string instance;  // differs from process to process
};

// The body of an ExportTraceServiceRequest: a span of kind SERVER for each request, after the semantic conventions for
// HTTP, and one of kind INTERNAL for each of its stages.
std::string to_otlp_json(std::span<const FinishedRequest> requests, const OtlpResource& resource);

// How many spans a request has.
std::uint64_t count_spans(const RequestRecord& record);

}  // namespace vidi::telemetry
