#include "datasets/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vidi::datasets {

double Accuracy::fraction() const {
  return count == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(count);
}

Interval wilson_interval(const Accuracy& accuracy) {
  if (accuracy.count == 0) return {};
  constexpr double kQuantile = 1.959963984540054;  // of the standard normal distribution at 97.5 %
  const auto count = static_cast<double>(accuracy.count);
  const double fraction = accuracy.fraction();
  const double square = kQuantile * kQuantile / count;
  const double center = fraction + square / 2.0;
  const double width = kQuantile * std::sqrt(fraction * (1.0 - fraction) / count + square / (4.0 * count));
  return {std::max(0.0, (center - width) / (1.0 + square)), std::min(1.0, (center + width) / (1.0 + square))};
}

std::string describe(const Accuracy& accuracy) {
  const Interval interval = wilson_interval(accuracy);
  return fmt::format("{:.2f} % of {} test images (95 % interval {:.2f} to {:.2f})", 100.0 * accuracy.fraction(),
                     with_thousands(accuracy.count), 100.0 * interval.low, 100.0 * interval.high);
}

std::string with_thousands(std::size_t count) {
  std::string text = std::to_string(count);
  for (std::size_t end = text.size(); end > 3; end -= 3) text.insert(end - 3, 1, ',');
  return text;
}

}  // namespace vidi::datasets
