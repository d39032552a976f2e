#include "augmentation/cutout.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace vidi::augmentation {
namespace {

constexpr int kSimilar = 20;           // how far a channel of the ground may be from the ground's color
constexpr double kPlainBorder = 0.55;  // how much of the border must have the ground's color: objects may touch it
constexpr double kLeast = 0.01;        // how much of the picture must be object,
constexpr double kMost = 0.97;         // and how much may be

// How much of each pixel is object, 0 to 255.
struct Mask {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> values;

  [[nodiscard]] std::uint8_t at(int x, int y) const {
    return values[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

std::vector<std::size_t> border_of(const image::Image& picture) {
  const auto width = static_cast<std::size_t>(picture.width);
  const auto height = static_cast<std::size_t>(picture.height);
  std::vector<std::size_t> border;
  for (std::size_t x = 0; x < width; ++x) {
    border.push_back(x);
    border.push_back((height - 1) * width + x);
  }
  for (std::size_t y = 0; y < height; ++y) {
    border.push_back(y * width);
    border.push_back(y * width + width - 1);
  }
  return border;
}

// The median of the border in each channel.
std::array<int, 3> color_of(const image::Image& picture, const std::vector<std::size_t>& pixels) {
  std::array<int, 3> color{};
  std::vector<std::uint8_t> values(pixels.size());
  for (std::size_t c = 0; c < 3; ++c) {
    std::ranges::transform(pixels, values.begin(), [&](std::size_t at) { return picture.pixels[at * 3 + c]; });
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    color[c] = *middle;
  }
  return color;
}

bool is_similar(const std::uint8_t* pixel, const std::array<int, 3>& color) {
  return std::abs(pixel[0] - color[0]) <= kSimilar && std::abs(pixel[1] - color[1]) <= kSimilar &&
         std::abs(pixel[2] - color[2]) <= kSimilar;
}

// Everything that cannot be reached from the border through pixels of the ground's color. Empty without a plain
// border.
Mask object_on_ground(const image::Image& picture) {
  const std::vector<std::size_t> border = border_of(picture);
  const std::array<int, 3> color = color_of(picture, border);
  const auto is_ground = [&](std::size_t at) { return is_similar(picture.pixels.data() + at * 3, color); };
  if (static_cast<double>(std::ranges::count_if(border, is_ground)) <
      kPlainBorder * static_cast<double>(border.size())) {
    return {};
  }
  const auto width = static_cast<std::size_t>(picture.width);
  Mask mask{.width = picture.width, .height = picture.height, .values = {}};
  mask.values.assign(picture.pixels.size() / 3, 255);
  std::vector<std::size_t> open;
  const auto visit = [&](std::size_t at) {
    if (mask.values[at] == 0 || !is_ground(at)) return;
    mask.values[at] = 0;
    open.push_back(at);
  };
  for (std::size_t at : border) visit(at);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (at % width > 0) visit(at - 1);
    if (at % width + 1 < width) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at + width < mask.values.size()) visit(at + width);
  }
  return mask;
}

// What `combine` makes of the nine values around each pixel; outside there is more of the same.
template <typename Combine>
Mask filtered(const Mask& mask, const Combine& combine) {
  Mask result = mask;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      std::array<int, 9> around{};
      for (int k = 0; k < 9; ++k) {
        around[static_cast<std::size_t>(k)] =
            mask.at(std::clamp(x + k % 3 - 1, 0, mask.width - 1), std::clamp(y + k / 3 - 1, 0, mask.height - 1));
      }
      result.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.width) + static_cast<std::size_t>(x)] =
          static_cast<std::uint8_t>(combine(around));
    }
  }
  return result;
}

Mask without_fringe(const Mask& mask) {
  const Mask smaller = filtered(mask, [](const std::array<int, 9>& around) { return std::ranges::min(around); });
  return filtered(smaller, [](const std::array<int, 9>& around) {
    return (around[0] + around[2] + around[6] + around[8] + 2 * (around[1] + around[3] + around[5] + around[7]) +
            4 * around[4] + 8) /
           16;
  });
}

image::Image cut(const image::Image& picture, const Mask& mask) {
  int left = mask.width;
  int right = 0;
  int top = mask.height;
  int bottom = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.at(x, y) < 128) continue;
      left = std::min(left, x);
      right = std::max(right, x + 1);
      top = std::min(top, y);
      bottom = std::max(bottom, y + 1);
    }
  }
  image::Image object = image::make_image(right - left, bottom - top, 4);
  for (int y = top; y < bottom; ++y) {
    const std::uint8_t* from =
        picture.row(y).data() + static_cast<std::ptrdiff_t>(left) * static_cast<std::ptrdiff_t>(picture.channels);
    std::uint8_t* to = object.row(y - top).data();
    for (int x = left; x < right; ++x, from += picture.channels, to += 4) {
      const int covered = mask.at(x, y);
      for (int c = 0; c < 3; ++c) to[c] = static_cast<std::uint8_t>((from[c] * covered + 127) / 255);
      to[3] = static_cast<std::uint8_t>(covered);
    }
  }
  return object;
}

}  // namespace

std::optional<image::Image> cut_out(const image::Image& picture) {
  Mask mask;
  if (picture.channels == 4) {
    mask = {.width = picture.width, .height = picture.height, .values = {}};
    for (std::size_t i = 3; i < picture.pixels.size(); i += 4) mask.values.push_back(picture.pixels[i]);
  } else {
    mask = object_on_ground(picture);
    if (mask.values.empty()) return std::nullopt;
    mask = without_fringe(mask);
  }
  const auto covered = static_cast<double>(std::ranges::count_if(mask.values, [](int value) { return value >= 128; }));
  const auto pixels = static_cast<double>(mask.values.size());
  if (covered < kLeast * pixels || covered > kMost * pixels || covered < 1) return std::nullopt;
  return cut(picture, mask);
}

}  // namespace vidi::augmentation
