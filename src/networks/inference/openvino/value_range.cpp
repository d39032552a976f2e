#include "inference/openvino/value_range.hpp"

#include <algorithm>
#include <cmath>

namespace vidi::inference {

void ValueRange::add(std::span<const float> values) {
  if (values.empty()) return;
  const auto [least, greatest] = std::ranges::minmax(values);
  least_ = std::min(least_, least);
  greatest_ = std::max(greatest_, greatest);
  widen(std::max(-least_, greatest_));
  const float scale = static_cast<float>(kParts) / limit_;
  constexpr auto kMiddle = static_cast<int>(kParts);
  constexpr int kLast = 2 * kMiddle - 1;
  for (const float value : values) {
    const int part = static_cast<int>(std::floor(value * scale)) + kMiddle;
    ++counts_[static_cast<std::size_t>(std::clamp(part, 0, kLast))];
  }
}

void ValueRange::widen(float to) {
  while (limit_ < to) {
    limit_ *= 2;
    std::array<std::uint64_t, 2 * kParts> halved{};
    for (std::size_t i = 0; i < counts_.size(); ++i) halved[(i + kParts) / 2] += counts_[i];
    counts_ = halved;
  }
}

double ValueRange::loss(const Range& range, std::size_t levels) const {
  const double step = (static_cast<double>(range.high) - range.low) / static_cast<double>(levels - 1);
  const double width = static_cast<double>(limit_) / kParts;
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const double value = (static_cast<double>(i) - kParts + 0.5) * width;
    const double inside = std::clamp<double>(value, range.low, range.high);
    // A value is as likely anywhere in its step.
    const double cut = value - inside;
    sum += static_cast<double>(counts_[i]) * (cut * cut + step * step / 12);
  }
  return sum;
}

Range ValueRange::best(std::size_t levels) const {
  const bool has_sign = least_ < 0;
  const std::size_t half = levels / 2;
  const double ratio = has_sign ? static_cast<double>(half) / static_cast<double>(half - 1) : 0;
  const double whole = has_sign ? std::max<double>(greatest_, -least_ / ratio) : greatest_;
  if (whole <= 0) return {.low = 0, .high = 1};
  constexpr int kTries = 100;
  Range best;
  double least_loss = 0;
  for (int i = kTries; i > kTries / 5; --i) {
    const double end = whole * i / kTries;
    const Range range{.low = static_cast<float>(-end * ratio), .high = static_cast<float>(end)};
    const double lost = loss(range, levels);
    if (i < kTries && lost >= least_loss) continue;
    best = range;
    least_loss = lost;
  }
  return best;
}

}  // namespace vidi::inference
