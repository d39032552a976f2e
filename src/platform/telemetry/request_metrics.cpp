#include "telemetry/request_metrics.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace vidi::telemetry {
namespace {

constexpr std::array<std::string_view, 7> kMethods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
constexpr std::size_t kErrors = static_cast<std::size_t>(ErrorCode::internal) + 1;

std::string_view method_label(std::string_view method) {
  const auto found = std::ranges::find(kMethods, method);
  return found != kMethods.end() ? *found : std::string_view("other");
}

std::string_view path_label(std::string_view route) { return route.empty() ? std::string_view("unknown") : route; }

// What an error is when the endpoint has not said.
ErrorCode error_of(int status) {
  switch (status) {
    case 401:
      return ErrorCode::unauthorized;
    case 403:
      return ErrorCode::forbidden;
    case 404:
      return ErrorCode::not_found;
    case 408:
      return ErrorCode::deadline_exceeded;
    case 409:
      return ErrorCode::conflict;
    case 413:
    case 414:
    case 431:
      return ErrorCode::too_large;
    case 415:
      return ErrorCode::unsupported_media;
    case 422:
      return ErrorCode::undecodable;
    case 429:
      return ErrorCode::too_many_requests;
    case 503:
      return ErrorCode::overloaded;
    default:
      return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
  }
}

// Metrics whose labels are known beforehand.
struct FixedMetrics {
  std::array<Histogram*, kStages> stages{};
  std::array<Counter*, kErrors> errors{};

  FixedMetrics() {
    for (std::size_t i = 0; i < kStages; ++i) {
      stages[i] = &registry().histogram({.name = "vidi_stage_seconds", .help = "Each stage of a recognized picture."},
                                        stage_buckets(), {{"stage", std::string(name(static_cast<Stage>(i)))}});
    }
    for (std::size_t i = 0; i < kErrors; ++i) {
      errors[i] = &registry().counter({.name = "vidi_errors_total", .help = "Requests answered with an error."},
                                      {{"code", std::string(name(static_cast<ErrorCode>(i)))}});
    }
  }
};

// Metrics of requests that have all labels in common.
struct LabeledMetrics {
  Counter* requests = nullptr;
  Histogram* seconds = nullptr;
  Counter* predictions = nullptr;  // null: no model was used
};

LabeledMetrics find_metrics(const RequestRecord& record) {
  const std::string path(path_label(record.route));
  const std::string protocol(protocol_of(record));
  LabeledMetrics metrics;
  metrics.requests = &registry().counter({.name = "vidi_requests_total", .help = "Requests answered."},
                                         {{"method", std::string(method_label(record.method))},
                                          {"path", path},
                                          {"protocol", protocol},
                                          {"status", std::to_string(record.status)}});
  metrics.seconds = &registry().histogram(
      {.name = "vidi_request_seconds", .help = "From a request's first byte to the last of its answer."},
      request_buckets(), {{"path", path}, {"model", record.model}, {"protocol", protocol}});
  if (!record.model.empty()) {
    metrics.predictions = &registry().counter({.name = "vidi_predictions_total", .help = "Predictions recorded."},
                                              {{"model", record.model}, {"version", record.version}});
  }
  return metrics;
}

// Each thread remembers what it has looked up.
const LabeledMetrics& metrics_of(const RequestRecord& record) {
  thread_local std::unordered_map<std::string, LabeledMetrics> known;
  thread_local std::string key;
  key.assign(method_label(record.method));
  for (const std::string_view part : {path_label(record.route), protocol_of(record), std::string_view(record.model),
                                      std::string_view(record.version)}) {
    key += '\0';
    key += part;
  }
  key += static_cast<char>(record.status / 100);
  key += static_cast<char>(record.status % 100);
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  return known.emplace(key, find_metrics(record)).first->second;
}

}  // namespace

void count(const RequestRecord& record) {
  static const FixedMetrics fixed;
  const LabeledMetrics& labeled = metrics_of(record);
  labeled.seconds->observe(record.end - record.begin);
  if (record.status >= 400) {
    fixed.errors[static_cast<std::size_t>(record.error.value_or(error_of(record.status)))]->add();
  }
  if (record.predictions > 0 && labeled.predictions != nullptr) {
    labeled.predictions->add(record.predictions);
    for (std::size_t i = 0; i < kStages; ++i) {
      const Stages::Time& time = record.stages[static_cast<Stage>(i)];
      if (time.entered()) fixed.stages[i]->observe(time.spent);
    }
  }
  labeled.requests->add();  // last: who sees it sees the others
}

}  // namespace vidi::telemetry
