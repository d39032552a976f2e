#include "server/observability.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <string>
#include <utility>

#include "telemetry/otlp_client.hpp"
#include "telemetry/process_metrics.hpp"

namespace vidi::app {
namespace {

using telemetry::Kind;
using telemetry::Registry;
using telemetry::Sample;

template <typename Value>
Value chosen(const Settings& settings, std::string_view key, std::pair<std::string_view, Value> first,
             std::pair<std::string_view, Value> second) {
  const std::string& text = settings.text(key);
  if (text == first.first) return first.second;
  if (text == second.first) return second.second;
  throw std::runtime_error(fmt::format("{} is \"{}\"; it must be {} or {}", key, text, first.first, second.first));
}

telemetry::LogFormat log_format(const Settings& settings) {
  using enum telemetry::LogFormat;
  return chosen<telemetry::LogFormat>(settings, "log-format", {"text", text}, {"json", json});
}

double sampling(const Settings& settings) {
  const std::string& text = settings.text("trace-sampling");
  double share = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error == std::errc() && end == text.data() + text.size() && share >= 0 && share <= 1) return share;
  throw std::runtime_error(fmt::format("trace-sampling is \"{}\"; it must be a number from 0 to 1", text));
}

std::unique_ptr<telemetry::OtlpExporter> make_exporter(const Settings& settings) {
  const std::string& url = settings.text("otlp-endpoint");
  if (url.empty()) return nullptr;
  auto endpoint = telemetry::parse_otlp_endpoint(url);
  if (!endpoint) throw std::runtime_error("otlp-endpoint: " + endpoint.error().message);
  telemetry::OtlpOptions options;
  options.endpoint = std::move(*endpoint);
  options.resource = {.version = VIDI_VERSION, .instance = to_string(make_uuid(now()))};
  options.max_waiting = settings.count("otlp-queue");
  options.timeout = settings.duration("otlp-timeout");
  return std::make_unique<telemetry::OtlpExporter>(std::move(options));
}

Sample one(double value) { return {.labels = {}, .value = value}; }
Sample labeled(const char* label, const char* name, std::size_t value) {
  return {.labels = {{label, name}}, .value = static_cast<double>(value)};
}

std::string_view state_label(models::VersionState state) {
  switch (state) {
    case models::VersionState::ready:
      return "ready";
    case models::VersionState::loading:
      return "loading";
    case models::VersionState::unloading:
      return "unloading";
    case models::VersionState::unavailable:
      break;
  }
  return "unavailable";
}

std::vector<Sample> describe_models(const models::Repository& models) {
  std::vector<Sample> samples;
  for (models::IndexEntry& entry : models.index()) {
    Sample& sample = samples.emplace_back(one(1));
    sample.labels = {{"model", std::move(entry.name)},
                     {"version", std::move(entry.version)},
                     {"state", std::string(state_label(entry.state))}};
  }
  return samples;
}

}  // namespace

Observability::Observability(const Settings& settings) : log_(STDERR_FILENO, settings.bytes("log-buffer")) {
  const telemetry::LogFormat format = log_format(settings);
  const bool log_requests =
      chosen<bool>(settings, "log-requests", {"on", true}, {"off", false}) && spdlog::should_log(spdlog::level::info);
  const double share = sampling(settings);
  exporter_ = make_exporter(settings);
  redirection_.emplace(log_, format);
  watcher_.emplace(telemetry::RequestWatcherOptions{
      .log = log_requests ? &log_ : nullptr, .format = format, .exporter = exporter_.get(), .sampling = share});

  subscriptions_ = telemetry::watch_process(telemetry::registry());
  const auto add = [&](const char* name, const char* help, Kind kind, Registry::Read read) {
    subscriptions_.push_back(telemetry::registry().watch({.name = name, .help = help}, kind, std::move(read)));
  };
  add("vidi_build_info", "The version that runs; always 1.", Kind::gauge,
      [] { return std::vector<Sample>{{.labels = {{"version", VIDI_VERSION}}, .value = 1}}; });
  add("vidi_log_lines_dropped_total", "Lines of the log that could not be written.", Kind::counter,
      [this] { return std::vector{one(static_cast<double>(log_.dropped()))}; });
}

std::vector<Registry::Subscription> watch(const Watched& watched) {
  std::vector<Registry::Subscription> subscriptions;
  const auto add = [&](const char* name, const char* help, Registry::Read read) {
    subscriptions.push_back(telemetry::registry().watch({.name = name, .help = help}, Kind::gauge, std::move(read)));
  };
  const http::Server* const server = &watched.server;
  const recognition::Recognizer* const recognizer = &watched.recognizer;
  add("vidi_in_flight_requests", "Requests being handled.",
      [server] { return std::vector{one(static_cast<double>(server->load().requests))}; });
  add("vidi_connections", "Open connections.",
      [server] { return std::vector{one(static_cast<double>(server->load().connections))}; });
  add("vidi_limit", "How many of them there may be; more are answered 503.",
      [requests = watched.options.max_requests, connections = watched.options.max_connections, recognizer] {
        return std::vector{labeled("of", "requests", requests), labeled("of", "connections", connections),
                           labeled("of", "worker_queue", recognizer->workers().max_queue()),
                           labeled("of", "pdf_queue", recognizer->pdf_workers().max_queue())};
      });
  add("vidi_queue_depth", "What waits: pictures for a worker, PDFs for a renderer, writes for their group's turn.",
      [recognizer, records = &watched.records, objects = &watched.objects] {
        return std::vector{labeled("queue", "workers", recognizer->workers().waiting()),
                           labeled("queue", "pdf", recognizer->pdf_workers().waiting()),
                           labeled("queue", "records", records->waiting()),
                           labeled("queue", "objects", objects->waiting())};
      });
  add("vidi_model_info", "The versions of models, and whether they answer; always 1.",
      [models = &watched.models] { return describe_models(*models); });
  return subscriptions;
}

}  // namespace vidi::app
