#pragma once
// What every recipe asks of its options: how long, how fast, how many pictures at a time.

#include <cstddef>
#include <string_view>

#include "core/result.hpp"

namespace vidi::recipes {

// Errors: invalid_argument, with the value and what would do.
Result<void> check_steps(std::string_view unit, std::size_t steps);  // "steps", "epochs"
Result<void> check_rate(double rate);
Result<void> check_average(double part);
Result<void> check_batch(std::size_t batch, std::size_t least, std::size_t images);

// The first of `steps` steps whose weights count when the last `part` of them is averaged, 0 to 1; at most the last.
std::size_t first_averaged_step(std::size_t steps, double part);

}  // namespace vidi::recipes
