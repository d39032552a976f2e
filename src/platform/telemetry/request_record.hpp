#pragma once
// What is known of one request when it has been answered: metrics, the log line and the spans are made from it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/trace_context.hpp"

namespace vidi::telemetry {

// The stages of a request that recognizes a picture.
enum class Stage : std::uint8_t {
  receive,  // from its first byte to the last of its body
  decode,   // from a file to pixels, the wait for a worker included
  prepare,  // from pixels to the network's input
  infer,    // the network, the wait for a batch included
  keep,     // the picture is stored
  record,   // the prediction is recorded
  write,    // the answer goes to the client
};
constexpr std::size_t kStages = 7;
std::string_view name(Stage stage);

// When a request was in which stage. One thread at a time.
class Stages {
 public:
  struct Time {
    Clock::time_point begin;  // when it was first entered
    Clock::time_point end;    // when it was last left
    Clock::duration spent{};  // in it: less than from begin to end when it was entered several times

    [[nodiscard]] bool entered() const { return end != Clock::time_point(); }
  };

  void add(Stage stage, Clock::time_point begin, Clock::time_point end);
  [[nodiscard]] const Time& operator[](Stage stage) const { return times_[static_cast<std::size_t>(stage)]; }

 private:
  std::array<Time, kStages> times_;
};

// Adds the time until it is destroyed to a stage. `stages` may be null, and must outlive it.
class Stopwatch {
 public:
  Stopwatch(Stages* stages, Stage stage) : stages_(stages), stage_(stage) {
    if (stages_ != nullptr) begin_ = Clock::now();
  }
  ~Stopwatch() {
    if (stages_ != nullptr) stages_->add(stage_, begin_, Clock::now());
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Stages* const stages_;
  const Stage stage_;
  Clock::time_point begin_;
};

struct RequestRecord {
  // By the server. The views are valid until the observer has returned.
  std::string_view method;           // as it was sent; empty: the request could not be parsed
  std::string_view path;             // as it was sent, without the query
  std::string_view route;            // the pattern that the path has; empty: none
  std::string_view scheme = "http";  // or "https": a literal
  std::string_view remote_address;
  std::string_view user_agent;
  std::string_view request_id;  // the client's own; empty: none that can be used
  Timestamp arrived;
  Clock::time_point begin;  // of the request's first byte
  Clock::time_point end;    // of the answer's last
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  int status = 0;
  bool sent = true;  // the whole answer; false: the client has gone
  TraceContext trace;
  Stages stages;

  // By the endpoint.
  std::string_view protocol;  // a literal; empty: that of the path
  std::string model;          // of a loaded model; empty: none was used
  std::string version;
  std::string user;
  std::optional<Uuid> id;          // of the prediction
  std::uint64_t predictions = 0;   // recorded
  std::optional<ErrorCode> error;  // what the answer says went wrong
};

// "vidi", "v1", "v2" or "grpc".
std::string_view protocol_of(const RequestRecord& record);

// Whether a client's X-Request-Id can be logged and sent back: 1 to 128 visible ASCII characters.
bool is_request_id(std::string_view text);

// Watches every request of a server. Called on the network's threads, so it must not wait. Any thread.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;

  // The request's place in a trace; `parent` is what its traceparent says, absent when that is missing or malformed.
  virtual TraceContext start(const std::optional<TraceParent>& parent) = 0;

  // The request has been answered, or could not be.
  virtual void finish(const RequestRecord& record) = 0;
};

}  // namespace vidi::telemetry
