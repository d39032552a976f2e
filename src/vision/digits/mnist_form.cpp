#include "digits/mnist_form.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace vidi::digits {
namespace {

// Whether light-on-dark values stand as MNIST's do: black around a digit of 20 pixels with its mass in the middle. Over
// the 60,000 training images the longer side is 19 or 20, the center of mass 13.48 to 14.50, the greatest value over
// 250 in 99 %.
bool has_mnist_form(const Form& form) {
  int left = kFormSide;
  int right = -1;
  int top = kFormSide;
  int bottom = -1;
  int strongest = 0;
  std::int64_t mass = 0;
  std::int64_t moment_x = 0;
  std::int64_t moment_y = 0;
  for (int i = 0; i < kFormSide * kFormSide; ++i) {
    const int value = form[static_cast<std::size_t>(i)];
    if (value == 0) continue;
    const int x = i % kFormSide;
    const int y = i / kFormSide;
    left = std::min(left, x);
    right = std::max(right, x);
    top = std::min(top, y);
    bottom = std::max(bottom, y);
    strongest = std::max(strongest, value);
    mass += value;
    moment_x += std::int64_t{value} * x;
    moment_y += std::int64_t{value} * y;
  }
  const int side = std::max(right - left, bottom - top) + 1;
  if (strongest < 128 || side < kDigitSide - 1 || side > kDigitSide) return false;
  constexpr double kTolerance = 0.55;
  const auto total = static_cast<double>(mass);
  return std::abs(static_cast<double>(moment_x) / total - 14) <= kTolerance &&
         std::abs(static_cast<double>(moment_y) / total - 14) <= kTolerance;
}

}  // namespace

std::optional<Form> as_mnist_form(const image::Image& gray) {
  if (gray.width != kFormSide || gray.height != kFormSide) return std::nullopt;
  Form form{};
  std::ranges::copy(gray.pixels, form.begin());
  if (has_mnist_form(form)) return form;
  for (std::uint8_t& value : form) value = static_cast<std::uint8_t>(255 - value);
  if (has_mnist_form(form)) return form;
  return std::nullopt;
}

}  // namespace vidi::digits
