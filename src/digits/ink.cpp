#include "digits/ink.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace vidi::digits {
namespace {

// Less difference than this between ink and paper, of 255, is paper grain or compression noise.
constexpr double kLeastContrast = 24;

}  // namespace

Threshold otsu_threshold(const image::Image& grey) {
  std::array<std::size_t, 256> histogram{};
  for (const std::uint8_t value : grey.pixels) ++histogram[value];
  double total = 0;
  for (std::size_t value = 0; value < 256; ++value) total += static_cast<double>(value * histogram[value]);

  const auto count = static_cast<double>(grey.pixels.size());
  Threshold best;
  double best_variance = -1;
  double dark_count = 0;
  double dark_total = 0;
  for (std::size_t level = 0; level < 255; ++level) {
    dark_count += static_cast<double>(histogram[level]);
    dark_total += static_cast<double>(level * histogram[level]);
    const double light_count = count - dark_count;
    if (dark_count == 0 || light_count == 0) continue;
    const double dark_mean = dark_total / dark_count;
    const double light_mean = (total - dark_total) / light_count;
    const double variance = dark_count * light_count * (light_mean - dark_mean) * (light_mean - dark_mean);
    if (variance > best_variance) {
      best_variance = variance;
      best = {static_cast<std::uint8_t>(level), dark_mean, light_mean};
    }
  }
  return best;
}

bool border_is_light(const image::Image& grey, std::uint8_t level) {
  std::size_t light = 0;
  std::size_t count = 0;
  const auto add = [&](std::uint8_t value) {
    light += value > level ? 1 : 0;
    ++count;
  };
  for (const std::uint8_t value : grey.row(0)) add(value);
  for (const std::uint8_t value : grey.row(grey.height - 1)) add(value);
  for (int y = 1; y + 1 < grey.height; ++y) {
    add(grey.row(y).front());
    add(grey.row(y).back());
  }
  return 2 * light > count;
}

std::optional<image::Image> extract_ink(const image::Image& grey) {
  const Threshold threshold = otsu_threshold(grey);
  if (threshold.light_mean - threshold.dark_mean < kLeastContrast) return std::nullopt;

  const bool dark_ink = border_is_light(grey, threshold.level);
  const double paper = dark_ink ? threshold.light_mean : threshold.dark_mean;
  const double ink = dark_ink ? threshold.dark_mean : threshold.light_mean;

  std::array<std::uint8_t, 256> table{};
  for (std::size_t value = 0; value < table.size(); ++value) {
    // The class means are inside their classes: values past the ink's mean are full ink, and those within a fifth of
    // the way from the paper's mean are paper.
    const double share = (static_cast<double>(value) - paper) / (ink - paper);
    table[value] = static_cast<std::uint8_t>(std::clamp((share - 0.2) / 0.8 * 255.0 + 0.5, 0.0, 255.0));
  }
  image::Image result = grey;
  for (std::uint8_t& value : result.pixels) value = table[value];
  return result;
}

std::optional<Box> bounding_box(const image::Image& grey, std::uint8_t level) {
  int left = grey.width;
  int right = -1;
  int top = -1;
  int bottom = -1;
  for (int y = 0; y < grey.height; ++y) {
    const auto row = grey.row(y);
    const auto is_ink = [level](std::uint8_t value) { return value >= level; };
    const auto first = std::ranges::find_if(row, is_ink);
    if (first == row.end()) continue;
    const auto last = std::find_if(row.rbegin(), row.rend(), is_ink);
    left = std::min(left, static_cast<int>(first - row.begin()));
    right = std::max(right, static_cast<int>(row.rend() - last) - 1);
    if (top < 0) top = y;
    bottom = y;
  }
  if (top < 0) return std::nullopt;
  return Box{left, top, right - left + 1, bottom - top + 1};
}

}  // namespace vidi::digits
