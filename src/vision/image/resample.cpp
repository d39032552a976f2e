#include "image/resample.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace vidi::image {
namespace {

// Weights are fixed-point numbers with this many fractional bits: 8 bits of
// pixel and 2 of headroom fill an int.
constexpr int kWeightBits = 32 - 8 - 2;
constexpr int kHalf = 1 << (kWeightBits - 1);

// The filter's half width at scale 1.
double support_of(Filter filter) {
  switch (filter) {
    case Filter::box:
      return 0.5;
    case Filter::bilinear:
      return 1;
    case Filter::bicubic:
      return 2;
    case Filter::lanczos:
      return 3;
  }
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double value_of(Filter filter, double x) {
  if (filter == Filter::lanczos) return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
  if (filter == Filter::box) return x > -0.5 && x <= 0.5 ? 1 : 0;
  x = std::abs(x);
  if (filter == Filter::bilinear) return x < 1 ? 1 - x : 0;
  constexpr double kA = -0.5;
  if (x < 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * kA;
  return 0;
}

// The source pixels that one target pixel is made of.
struct Window {
  int first = 0;
  int count = 0;
};

// For every target pixel along one axis: its window, and `stride` places for
// the weights of it.
struct Kernel {
  std::vector<Window> windows;
  std::vector<int> weights;
  int stride = 0;

  [[nodiscard]] const int* weights_of(int target) const {
    return weights.data() + static_cast<std::size_t>(target) * stride;
  }
};

Kernel make_kernel(int source_size, double begin, double end, int target_size, Filter filter) {
  const double scale = (end - begin) / target_size;
  const double filter_scale = std::max(scale, 1.0);
  const double support = support_of(filter) * filter_scale;
  Kernel kernel;
  kernel.stride = static_cast<int>(std::ceil(support)) * 2 + 1;
  kernel.windows.resize(target_size);
  kernel.weights.resize(static_cast<std::size_t>(target_size) * kernel.stride);
  std::vector<double> exact(kernel.stride);
  for (int target = 0; target < target_size; ++target) {
    const double center = begin + (target + 0.5) * scale;
    const int first = std::max(static_cast<int>(std::trunc(center - support + 0.5)), 0);
    const int count = std::min(static_cast<int>(std::trunc(center + support + 0.5)), source_size) - first;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      exact[i] = value_of(filter, (i + first - center + 0.5) * (1.0 / filter_scale));
      sum += exact[i];
    }
    int* weights = kernel.weights.data() + static_cast<std::size_t>(target) * kernel.stride;
    for (int i = 0; i < count; ++i) {
      const double weight = (sum != 0 ? exact[i] / sum : exact[i]) * (1 << kWeightBits);
      weights[i] = static_cast<int>(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    kernel.windows[target] = {.first = first, .count = count};
  }
  return kernel;
}

std::uint8_t rounded(int sum) { return static_cast<std::uint8_t>(std::clamp(sum >> kWeightBits, 0, 255)); }

template <int kChannels>
void resample_row(const std::uint8_t* source, std::uint8_t* target, const Kernel& kernel) {
  const int size = static_cast<int>(kernel.windows.size());
  for (int x = 0; x < size; ++x) {
    const auto [first, count] = kernel.windows[x];
    const int* weights = kernel.weights_of(x);
    const std::uint8_t* pixels = source + static_cast<std::size_t>(first) * kChannels;
    int sums[kChannels] = {};
    for (int i = 0; i < count; ++i) {
      for (int c = 0; c < kChannels; ++c) sums[c] += pixels[i * kChannels + c] * weights[i];
    }
    for (int c = 0; c < kChannels; ++c) *target++ = rounded(sums[c] + kHalf);
  }
}

void resample_row(int channels, const std::uint8_t* source, std::uint8_t* target, const Kernel& kernel) {
  switch (channels) {
    case 1:
      return resample_row<1>(source, target, kernel);
    case 2:
      return resample_row<2>(source, target, kernel);
    case 3:
      return resample_row<3>(source, target, kernel);
    case 4:
      return resample_row<4>(source, target, kernel);
    default:
      assert(false);
  }
}

// Rows [first_row, end_row) of the source, each brought to the kernel's width.
Image resample_horizontally(const Image& image, int first_row, int end_row, const Kernel& kernel) {
  Image result = make_image(static_cast<int>(kernel.windows.size()), end_row - first_row, image.channels);
  for (int y = first_row; y < end_row; ++y) {
    resample_row(image.channels, image.row(y).data(), result.row(y - first_row).data(), kernel);
  }
  return result;
}

// `row_offset`: which row of the kernel's source is the image's first.
Image resample_vertically(const Image& image, int row_offset, const Kernel& kernel) {
  Image result = make_image(image.width, static_cast<int>(kernel.windows.size()), image.channels);
  const std::size_t size = image.row_bytes();
  std::vector<int> sums(size);
  for (int y = 0; y < result.height; ++y) {
    const auto [first, count] = kernel.windows[y];
    const int* weights = kernel.weights_of(y);
    std::ranges::fill(sums, kHalf);
    for (int i = 0; i < count; ++i) {
      const std::uint8_t* source = image.row(first + i - row_offset).data();
      const int weight = weights[i];
      for (std::size_t x = 0; x < size; ++x) sums[x] += source[x] * weight;
    }
    std::uint8_t* target = result.row(y).data();
    for (std::size_t x = 0; x < size; ++x) target[x] = rounded(sums[x]);
  }
  return result;
}

// The order changes the roundings between the passes. This is Pillow's since its version 13: rows first when the height
// shrinks, and by more than twice as many pixels as the width does.
bool is_vertical_first(const Image& image, int width, int height) {
  const std::int64_t fewer_rows = static_cast<std::int64_t>(image.height) - height;
  const std::int64_t fewer_columns = static_cast<std::int64_t>(image.width) - width;
  return fewer_rows > 0 && fewer_rows > 2 * fewer_columns;
}

}  // namespace

Image resample(const Image& image, int width, int height, Filter filter) {
  return resample(
      image, width, height, filter,
      Box{.left = 0, .top = 0, .right = static_cast<double>(image.width), .bottom = static_cast<double>(image.height)});
}

Image resample(const Image& image, int width, int height, Filter filter, const Box& box) {
  assert(width >= 1 && height >= 1 && image.width >= 1 && image.height >= 1);
  assert(box.left >= 0 && box.top >= 0 && box.right <= image.width && box.bottom <= image.height);
  assert(box.left < box.right && box.top < box.bottom);
  const bool horizontal = width != image.width || box.left != 0 || box.right != width;
  const bool vertical = height != image.height || box.top != 0 || box.bottom != height;
  if (!horizontal && !vertical) return image;
  if (!vertical) {
    return resample_horizontally(image, 0, height, make_kernel(image.width, box.left, box.right, width, filter));
  }
  const Kernel rows = make_kernel(image.height, box.top, box.bottom, height, filter);
  if (!horizontal) return resample_vertically(image, 0, rows);
  const Kernel columns = make_kernel(image.width, box.left, box.right, width, filter);
  if (is_vertical_first(image, width, height)) {
    return resample_horizontally(resample_vertically(image, 0, rows), 0, height, columns);
  }
  const int first_row = rows.windows.front().first;
  const int end_row = rows.windows.back().first + rows.windows.back().count;
  return resample_vertically(resample_horizontally(image, first_row, end_row, columns), first_row, rows);
}

}  // namespace vidi::image
