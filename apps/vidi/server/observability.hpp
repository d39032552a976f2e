#pragma once
// What a running server lets be seen: its log, its traces and its metrics, as the settings say.

#include <memory>
#include <optional>
#include <vector>

#include "core/settings.hpp"
#include "http/server.hpp"
#include "models/repository.hpp"
#include "objects/object_store.hpp"
#include "recognition/recognizer.hpp"
#include "records/record_store.hpp"
#include "telemetry/log_lines.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/otlp_exporter.hpp"
#include "telemetry/request_watcher.hpp"

namespace vidi::app {

// While it lives, the log is written as the settings say, by a thread of its own.
class Observability {
 public:
  // Throws std::runtime_error that names the setting that is wrong.
  explicit Observability(const Settings& settings);

  // For ServerOptions::observer.
  [[nodiscard]] telemetry::RequestObserver& requests() { return *watcher_; }

 private:
  telemetry::LogWriter log_;
  std::optional<telemetry::LogRedirection> redirection_;
  std::unique_ptr<telemetry::OtlpExporter> exporter_;
  std::optional<telemetry::RequestWatcher> watcher_;
  std::vector<telemetry::Registry::Subscription> subscriptions_;
};

struct Watched {
  const http::Server& server;
  const http::ServerOptions& options;
  const models::Repository& models;
  const recognition::Recognizer& recognizer;
  const records::RecordStore& records;
  const objects::ObjectStore& objects;
};

// What is asked when the metrics are, as long as what is returned lives; all of it must outlive that.
std::vector<telemetry::Registry::Subscription> watch(const Watched& watched);

}  // namespace vidi::app
