#include "augmentation/noise.hpp"

#include <algorithm>
#include <array>

namespace vidi::augmentation {
namespace {

constexpr int kCells = 64;  // the grid repeats after so many; a power of two

struct Place {
  std::size_t cell = 0;
  std::size_t next = 0;
  float share = 0;  // of the next cell
};

Place place(float at) {
  const int whole = below(at);
  const float part = at - static_cast<float>(whole);
  const auto cell = static_cast<std::size_t>(whole) & (kCells - 1);
  return {.cell = cell, .next = (cell + 1) & (kCells - 1), .share = part * part * (3 - 2 * part)};
}

}  // namespace

Plane noise(Random& random, int width, int height, const Grain& grain) {
  std::array<float, static_cast<std::size_t>(kCells) * kCells> grid;
  for (std::size_t i = 0; i < grid.size(); i += 4) {
    const std::uint64_t bits = random.next();
    for (std::size_t k = 0; k < 4; ++k) grid[i + k] = static_cast<float>((bits >> (16 * k)) & 0xffffU) * (1.0F / 65535);
  }
  Plane plane(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  const auto unit = static_cast<float>(std::min(width, height));
  const float step_across = grain.across / unit;
  const float step_down = grain.down / unit;
  float* to = plane.data();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto dx = static_cast<float>(x);
      const auto dy = static_cast<float>(y);
      const Place u = place((dx * grain.direction.cosine + dy * grain.direction.sine) * step_across);
      const Place v = place((dy * grain.direction.cosine - dx * grain.direction.sine) * step_down);
      const float* upper = grid.data() + v.cell * kCells;
      const float* lower = grid.data() + v.next * kCells;
      const float above = upper[u.cell] + (upper[u.next] - upper[u.cell]) * u.share;
      const float below = lower[u.cell] + (lower[u.next] - lower[u.cell]) * u.share;
      *to++ = above + (below - above) * v.share;
    }
  }
  return plane;
}

void add(Plane& plane, const Plane& other, float weight) {
  for (std::size_t i = 0; i < plane.size(); ++i) plane[i] += other[i] * weight;
}

Plane slope(Random& random, int width, int height) {
  const Direction direction = any_direction(random);
  const auto steepness = static_cast<float>(random.uniform(0.5, 1.5));
  Plane plane(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  float* to = plane.data();
  for (int y = 0; y < height; ++y) {
    const float down = (static_cast<float>(y) + 0.5F) / static_cast<float>(height) - 0.5F;
    for (int x = 0; x < width; ++x) {
      const float right = (static_cast<float>(x) + 0.5F) / static_cast<float>(width) - 0.5F;
      *to++ = std::clamp((direction.cosine * right + direction.sine * down) * steepness + 0.5F, 0.0F, 1.0F);
    }
  }
  return plane;
}

}  // namespace vidi::augmentation
