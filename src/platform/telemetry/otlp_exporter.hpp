#pragma once
// Sends the spans of requests to an OpenTelemetry collector, on a thread of its own.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "telemetry/metrics.hpp"
#include "telemetry/otlp_client.hpp"
#include "telemetry/otlp_json.hpp"

namespace vidi::telemetry {

struct OtlpOptions {
  OtlpEndpoint endpoint;
  OtlpResource resource;
  std::size_t max_waiting = 4096;             // requests; the spans of more are dropped
  std::chrono::milliseconds timeout{10'000};  // for one message
};

class OtlpExporter {
 public:
  explicit OtlpExporter(OtlpOptions options);
  // Sends what waits, as far as that can be done within two seconds.
  ~OtlpExporter();
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  // Any thread, never waits. What does not fit is dropped and counted.
  void add(const RequestRecord& record);

 private:
  void work();
  bool wait(std::chrono::milliseconds time);  // false: it ends
  void send(const std::vector<FinishedRequest>& requests);
  void report(bool reached, const std::string& reason);
  [[nodiscard]] bool time_is_over() const;

  const OtlpOptions options_;
  Counter& exported_;
  Counter& dropped_full_;
  Counter& dropped_failed_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<FinishedRequest> waiting_;
  bool sleeping_ = false;
  bool reached_ = true;  // the collector, when it was last tried; on the thread only
  std::atomic<bool> stopping_ = false;
  std::atomic<Clock::time_point> last_moment_ = Clock::time_point::max();
  std::thread thread_;  // last: it uses the others
};

}  // namespace vidi::telemetry
