#pragma once
// Predictions for tests of record stores.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "records/record_store.hpp"

namespace vidi::records {

// A prediction of the microsecond `when` after a fixed day, different from every other one.
inline Prediction sample_prediction(std::int64_t when) {
  const auto time = Timestamp(std::chrono::microseconds(1'700'000'000'000'000 + when));
  Prediction prediction;
  prediction.id = make_uuid(time);
  prediction.time = time;
  prediction.model = "digits";
  prediction.version = "1";
  prediction.result = "4";
  prediction.confidence = 0.9;
  prediction.candidates = {{.label = "4", .probability = 0.9}, {.label = "9", .probability = 0.1}};
  prediction.filename = std::to_string(when) + ".png";
  prediction.safe_filename = prediction.filename;
  prediction.media_type = "image/png";
  prediction.latency = std::chrono::microseconds(1234);
  return prediction;
}

// Appends `count` sample predictions one after the other, and counts those that were acknowledged.
inline Task<void> append_many(RecordStore& store, int first, int count, std::atomic<int>& appended) {
  for (int i = first; i < first + count; ++i) {
    Prediction prediction = sample_prediction(i);
    const auto done = co_await store.append(std::move(prediction));
    if (done) ++appended;
  }
}

}  // namespace vidi::records
