#include "telemetry/request_watcher.hpp"

#include <string>

#include "telemetry/request_metrics.hpp"

namespace vidi::telemetry {

TraceContext RequestWatcher::start(const std::optional<TraceParent>& parent) {
  return start_trace(parent, options_.exporter != nullptr ? options_.sampling : 0);
}

void RequestWatcher::finish(const RequestRecord& record) {
  count(record);
  if (options_.log != nullptr) {
    thread_local std::string line;
    line.clear();
    append_request(line, record, options_.format);
    options_.log->write(line);
  }
  if (options_.exporter != nullptr && record.trace.sampled) options_.exporter->add(record);
}

}  // namespace vidi::telemetry
