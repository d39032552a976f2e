#pragma once
// The form in which MNIST keeps a digit: 28x28 gray values, the digit light (255) on dark (0), its longer side 20
// pixels, its center of mass in the middle (LeCun et al., "The MNIST database of handwritten digits").

#include <array>
#include <cstddef>
#include <cstdint>

namespace vidi::digits {

constexpr int kFormSide = 28;
constexpr int kDigitSide = 20;

using Form = std::array<std::uint8_t, std::size_t{kFormSide} * kFormSide>;

// A rectangle in pixels of the picture.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  [[nodiscard]] int right() const { return x + width; }  // the first column past it
  [[nodiscard]] int bottom() const { return y + height; }
  bool operator==(const Box&) const = default;
};

}  // namespace vidi::digits
