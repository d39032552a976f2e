#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <utility>
#include <vector>

#include "api/endpoints.hpp"
#include "telemetry/metrics.hpp"

namespace vidi::api {
namespace {

prometheus::MetricFamily family(const char* name, const char* help, prometheus::MetricType type) {
  prometheus::MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  return made;
}

prometheus::ClientMetric labeled(const SpoolState& state) {
  prometheus::ClientMetric metric;
  metric.label.push_back({"store", state.name});
  return metric;
}

void add_gauge(prometheus::MetricFamily& to, const SpoolState& state, double value) {
  prometheus::ClientMetric metric = labeled(state);
  metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

std::vector<prometheus::MetricFamily> describe(const std::vector<SpoolState>& states) {
  using enum prometheus::MetricType;
  auto connected = family("vidi_store_connected", "Whether the store answered when it was last asked: 1 or 0.", Gauge);
  auto entries = family("vidi_spool_entries", "What waits on this machine for its store.", Gauge);
  auto bytes = family("vidi_spool_bytes", "The disk that the spool takes.", Gauge);
  auto oldest = family("vidi_spool_oldest_seconds", "How long the oldest entry has waited; 0 when none waits.", Gauge);
  auto damaged = family("vidi_spool_damaged_total", "Entries that a kill or a loss of power left unfinished.", Counter);
  const Timestamp time = now();
  for (const SpoolState& state : states) {
    add_gauge(connected, state, state.connected ? 1 : 0);
    add_gauge(entries, state, static_cast<double>(state.entries));
    add_gauge(bytes, state, static_cast<double>(state.bytes));
    const auto age = state.oldest ? time - *state.oldest : std::chrono::microseconds(0);
    add_gauge(oldest, state, std::chrono::duration<double>(age).count());
    prometheus::ClientMetric count = labeled(state);
    count.counter.value = static_cast<double>(state.damaged);
    damaged.metric.push_back(std::move(count));
  }
  return {connected, entries, bytes, oldest, damaged};
}

}  // namespace

Task<http::Response> get_metrics(Application& application, http::Request&) {
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  std::vector<SpoolState> states;
  if (application.spools) states = application.spools();
  response.body = telemetry::registry().render() + prometheus::TextSerializer().Serialize(describe(states));
  co_return response;
}

}  // namespace vidi::api
