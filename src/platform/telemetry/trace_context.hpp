#pragma once
// Which trace a request belongs to: W3C Trace Context, https://www.w3.org/TR/trace-context/.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vidi::telemetry {

struct TraceId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const TraceId&) const = default;
};

// What a caller says of the request: section 3.2.
struct TraceParent {
  TraceId trace;
  std::uint64_t span = 0;  // of the caller
  bool sampled = false;
};

// Absent when the header's value is malformed: it is then to be treated as if it were not there.
std::optional<TraceParent> parse_traceparent(std::string_view value);

// A request's place in its trace.
struct TraceContext {
  TraceId trace;
  std::uint64_t span = 0;    // of the request itself
  std::uint64_t parent = 0;  // of the caller; 0: the trace begins here
  bool sampled = false;
};

// Goes on with the caller's trace, or begins one, of which the share `sampling` (0 to 1) is sampled. Any thread.
TraceContext start_trace(const std::optional<TraceParent>& parent, double sampling);

// A random number that is not 0. Any thread.
std::uint64_t new_span_id();

// 32 and 16 hexadecimal digits, in lower case.
std::string to_string(const TraceId& id);
std::string span_to_string(std::uint64_t id);

}  // namespace vidi::telemetry
