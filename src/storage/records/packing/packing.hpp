#pragma once
// Predictions, the lists in them, and histograms of many, as compact blobs; docs/reference/formats/prediction.md
// describes them.

#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "records/prediction.hpp"
#include "records/tally.hpp"

namespace vidi::records {

// Into `blob`, in place of what it held: its memory is used again and again.
void pack(const std::vector<Candidate>& candidates, Bytes& blob);
void pack(const std::vector<Digit>& digits, Bytes& blob);

// All of a prediction but its correction.
void pack(const Prediction& prediction, Bytes& blob);

void pack(const Histogram& histogram, Bytes& blob);

// Absent: the blob is damaged.
std::optional<std::vector<Candidate>> unpack_candidates(ByteView blob);
std::optional<std::vector<Digit>> unpack_digits(ByteView blob);
std::optional<Histogram> unpack_histogram(ByteView blob);
std::optional<Prediction> unpack_prediction(ByteView blob);  // also absent: of a newer vidi

}  // namespace vidi::records
