#include "telemetry/otlp_exporter.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>
#include <utility>

#include "core/backoff.hpp"

namespace vidi::telemetry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGatherSpans{500};   // what arrives meanwhile goes into one message
constexpr std::size_t kMostRequests = 512;  // of one message
constexpr milliseconds kLastSpans{2000};
constexpr int kAttempts = 4;
constexpr milliseconds kFirstPause{500};
constexpr milliseconds kLongestPause{4000};

Counter& dropped(const char* reason) {
  return registry().counter({.name = "vidi_spans_dropped_total", .help = "Spans that were not exported."},
                            {{"reason", reason}});
}

std::uint64_t count_all(const std::vector<FinishedRequest>& requests) {
  return std::accumulate(requests.begin(), requests.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& request) { return sum + count_spans(request.record); });
}

// https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
bool is_retryable(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

// How many of an accepted message's spans the collector did not take.
std::uint64_t rejected_spans(const std::string& answer) {
  const auto json = nlohmann::json::parse(answer, nullptr, false);
  if (!json.is_object() || !json.contains("partialSuccess") || !json["partialSuccess"].is_object()) return 0;
  const auto rejected = json["partialSuccess"].value("rejectedSpans", nlohmann::json(0));
  if (rejected.is_number_unsigned()) return rejected.get<std::uint64_t>();
  if (!rejected.is_string()) return 0;
  return std::strtoull(rejected.get<std::string>().c_str(), nullptr, 10);
}

}  // namespace

OtlpExporter::OtlpExporter(OtlpOptions options)
    : options_(std::move(options)),
      exported_(registry().counter({.name = "vidi_spans_exported_total", .help = "Spans that the collector took."})),
      dropped_full_(dropped("queue_full")),
      dropped_failed_(dropped("not_delivered")) {
  thread_ = std::thread([this] { work(); });
}

OtlpExporter::~OtlpExporter() {
  last_moment_ = Clock::now() + kLastSpans;
  stopping_ = true;
  {
    const std::scoped_lock lock(mutex_);
    sleeping_ = false;
  }
  ready_.notify_one();
  thread_.join();
}

void OtlpExporter::add(const RequestRecord& record) {
  FinishedRequest request = finished(record);
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() < options_.max_waiting) {
      waiting_.push_back(std::move(request));
      wake = std::exchange(sleeping_, false);
    } else {
      dropped_full_.add(count_spans(record));
    }
  }
  if (wake) ready_.notify_one();
}

void OtlpExporter::work() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      while (waiting_.empty() && !stopping_) {
        sleeping_ = true;
        ready_.wait(lock);
      }
      sleeping_ = false;
      if (waiting_.empty()) return;
    }
    wait(kGatherSpans);
    std::vector<FinishedRequest> requests;
    {
      const std::scoped_lock lock(mutex_);
      const std::size_t count = std::min(waiting_.size(), kMostRequests);
      const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
      std::move(waiting_.begin(), end, std::back_inserter(requests));
      waiting_.erase(waiting_.begin(), end);
    }
    send(requests);
  }
}

bool OtlpExporter::wait(milliseconds time) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, time, [this] { return stopping_ || waiting_.size() >= kMostRequests; });
  return !stopping_;
}

bool OtlpExporter::time_is_over() const { return Clock::now() >= last_moment_.load(); }

void OtlpExporter::send(const std::vector<FinishedRequest>& requests) {
  const std::uint64_t spans = count_all(requests);
  const std::string body = to_otlp_json(requests, options_.resource);
  std::string reason;
  Backoff backoff(kFirstPause, kLongestPause);
  for (int attempt = 0; attempt < kAttempts && !time_is_over(); ++attempt) {
    const auto answer =
        post_json(options_.endpoint, body, options_.timeout, [this] { return stopping_ && time_is_over(); });
    if (answer && answer->status >= 200 && answer->status < 300) {
      const std::uint64_t rejected = std::min(rejected_spans(answer->body), spans);
      exported_.add(spans - rejected);
      if (rejected > 0) dropped("rejected").add(rejected);
      report(true, {});
      return;
    }
    reason = answer ? fmt::format("it answered {}", answer->status) : answer.error().message;
    if (answer && !is_retryable(answer->status)) break;
    if (attempt + 1 == kAttempts) break;
    const milliseconds pause = backoff.next();
    const Clock::time_point next =
        Clock::now() + (answer && answer->retry_after.count() > 0 ? milliseconds(answer->retry_after) : pause);
    std::unique_lock lock(mutex_);
    ready_.wait_until(lock, std::min(next, last_moment_.load()), [this] { return stopping_.load(); });
  }
  dropped_failed_.add(spans);
  report(false, reason);
}

// Once when it fails first, and once when it works again.
void OtlpExporter::report(bool reached, const std::string& reason) {
  if (std::exchange(reached_, reached) == reached) return;
  if (reached) {
    spdlog::info("traces are taken by {} again", options_.endpoint.url.authority);
  } else {
    spdlog::warn("traces cannot be sent to {}: {}; they are dropped until it answers", options_.endpoint.url.authority,
                 reason);
  }
}

}  // namespace vidi::telemetry
