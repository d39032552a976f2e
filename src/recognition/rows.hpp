#pragma once
// What one row of a network's output says.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "models/description.hpp"
#include "records/prediction.hpp"

namespace vidi::recognition {

// The most likely labels of one row of probabilities, the likeliest first; at most `count`.
std::vector<records::Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                                std::size_t count);

// Result, confidence and candidates (at most `candidates`) of one row, or the reason why there is no result. `row` has
// one value for each label and, where the model has it, one for none of them.
void describe_row(std::span<const float> row, const models::Description& description, std::size_t candidates,
                  records::Prediction& prediction);

}  // namespace vidi::recognition
