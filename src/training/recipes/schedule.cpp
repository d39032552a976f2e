#include "recipes/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vidi::recipes {

Result<void> check_steps(std::string_view unit, std::size_t steps) {
  if (steps > 0) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("no {} to train: at least 1 is needed", unit));
}

Result<void> check_rate(double rate) {
  if (rate > 0.0 && std::isfinite(rate)) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("the learning rate is {}; it must be greater than 0", rate));
}

Result<void> check_average(double part) {
  if (part >= 0.0 && part <= 1.0) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("the part of the steps to average is {}; it must be from 0 to 1", part));
}

Result<void> check_batch(std::size_t batch, std::size_t least, std::size_t images) {
  if (batch >= least && batch <= images) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("batches of {} cannot be drawn from {} training images; from {} to {} would do", batch,
                          images, least, images));
}

std::size_t first_averaged_step(std::size_t steps, double part) {
  const auto averaged = static_cast<std::size_t>(std::llround(part * static_cast<double>(steps)));
  return steps - std::max<std::size_t>(averaged, 1);
}

}  // namespace vidi::recipes
