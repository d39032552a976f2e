#pragma once
// Predictions for the tests of this folder.

#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/value_of.hpp"
#include "maintenance/record_access.hpp"
#include "records/prediction.hpp"
#include "records/record_store.hpp"

namespace vidi::maintenance {

// The picture of the n-th prediction, and the prediction: a second later than that before it.
inline Bytes picture_of(int n) { return to_bytes("picture " + std::to_string(n)); }

inline records::Prediction prediction_of(int n) {
  records::Prediction prediction;
  prediction.time = *parse_timestamp("2026-11-21T05:30:00Z") + std::chrono::seconds(n);
  prediction.id = make_uuid(prediction.time);
  prediction.model = "digits";
  prediction.version = "1";
  prediction.result = std::to_string(n);
  prediction.confidence = 0.5;
  prediction.candidates = {{std::to_string(n), 0.5}};
  prediction.filename = "a b.png";
  prediction.safe_filename = "a_b.png";
  prediction.user = "alice";
  prediction.image = sha256(picture_of(n));
  prediction.media_type = "image/png";
  prediction.latency = std::chrono::microseconds(1500);
  return prediction;
}

// Newest first.
inline std::vector<records::Prediction> all_of(records::RecordStore& store) {
  std::vector<records::Prediction> all;
  for_each(store, {.limit = 2}, [&](const records::Prediction& prediction) {
    all.push_back(prediction);
    return true;
  });
  return all;
}

}  // namespace vidi::maintenance
