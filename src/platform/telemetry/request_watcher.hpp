#pragma once
// Makes metrics, a line of the log and spans from every request.

#include <vector>

#include "telemetry/log_lines.hpp"
#include "telemetry/otlp_exporter.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::telemetry {

struct RequestWatcherOptions {
  LogWriter* log = nullptr;  // null: requests are not logged
  LogFormat format = LogFormat::text;
  OtlpExporter* exporter = nullptr;  // null: no spans
  double sampling = 1;               // the share, 0 to 1, of the traces that begin here
};

class RequestWatcher final : public RequestObserver {
 public:
  // What the options point to must outlive it.
  explicit RequestWatcher(RequestWatcherOptions options) : options_(options) {}

  TraceContext start(const std::optional<TraceParent>& parent) override;
  void finish(const RequestRecord& record) override;

 private:
  const RequestWatcherOptions options_;
};

}  // namespace vidi::telemetry
