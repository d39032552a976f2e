#pragma once
// The likeliest of a model's labels.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "records/prediction.hpp"

namespace vidi::recognition {

// At most `count`, the likeliest first. `row` has a probability for each label, and may go on with others.
std::vector<records::Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                                std::size_t count);

}  // namespace vidi::recognition
