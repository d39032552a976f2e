#pragma once
// Counts of predictions by hour, model, version, result and correction, with how long they took and how sure they were:
// what statistics of millions of predictions are made of. A store keeps them beside the predictions.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "records/prediction.hpp"

namespace vidi::records {

using Hour = std::chrono::sys_time<std::chrono::hours>;

// Whole hours, in UTC; what is absent does not restrict.
struct Hours {
  std::optional<Hour> from = std::nullopt;  // that hour and later
  std::optional<Hour> to = std::nullopt;    // before that hour
};

// What is counted together.
struct TallyKey {
  Hour hour;
  std::string model;
  std::string version;
  std::optional<std::string> result;  // absent, never empty: those without one
  std::optional<std::string> label;   // of the correction; absent, never empty: those without one

  auto operator<=>(const TallyKey&) const = default;
};

// How many values fell into each bucket of a scale: never 0.
using Histogram = std::map<std::uint8_t, std::int64_t>;

struct Tally {
  std::int64_t predictions = 0;
  Histogram latency;     // by latency_bucket()
  Histogram confidence;  // by confidence_bucket()

  bool operator==(const Tally&) const = default;
};

using Tallies = std::map<TallyKey, Tally>;

// The scale of latencies: four buckets for each doubling, so that a percentile is right to within a tenth. Bucket B
// holds latencies from 2^(B/4) microseconds on, and bucket 0 all shorter ones too; the last begins after 2^63
// microseconds.
inline constexpr int kLatencyBucketsPerDoubling = 4;

inline std::uint8_t latency_bucket(std::chrono::microseconds latency) {
  const auto microseconds = static_cast<double>(std::max<std::int64_t>(latency.count(), 1));
  return static_cast<std::uint8_t>(kLatencyBucketsPerDoubling * std::log2(microseconds));
}

// Where a bucket begins, in microseconds.
inline double latency_from(int bucket) { return std::exp2(static_cast<double>(bucket) / kLatencyBucketsPerDoubling); }

// The scale of confidences: bucket B holds those from B / 50 on and below (B + 1) / 50; the last one 1 too.
inline constexpr int kConfidenceBuckets = 50;

inline std::uint8_t confidence_bucket(double confidence) {
  if (!(confidence > 0)) return 0;  // NaN too
  return static_cast<std::uint8_t>(std::min(kConfidenceBuckets * confidence, kConfidenceBuckets - 1.0));
}

// Adds `times` (also negative) the counts. What comes to 0 is no longer there.
inline void add(Histogram& to, const Histogram& more, std::int64_t times = 1) {
  for (const auto& [bucket, count] : more) {
    const auto at = to.try_emplace(bucket, 0).first;
    at->second += times * count;
    if (at->second == 0) to.erase(at);
  }
}

inline void add(Tally& to, const Tally& more, std::int64_t times = 1) {
  to.predictions += times * more.predictions;
  add(to.latency, more.latency, times);
  add(to.confidence, more.confidence, times);
}

// Adds one prediction.
inline void add(Tally& to, std::chrono::microseconds latency, double confidence) {
  ++to.predictions;
  ++to.latency[latency_bucket(latency)];
  ++to.confidence[confidence_bucket(confidence)];
}

inline TallyKey tally_key(const Prediction& prediction) {
  TallyKey key{.hour = std::chrono::floor<std::chrono::hours>(prediction.time),
               .model = prediction.model,
               .version = prediction.version,
               .result = prediction.result,
               .label = std::nullopt};
  if (key.result && key.result->empty()) key.result.reset();
  if (prediction.correction && !prediction.correction->label.empty()) key.label = prediction.correction->label;
  return key;
}

}  // namespace vidi::records
