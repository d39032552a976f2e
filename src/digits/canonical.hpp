#pragma once
// From a picture of a digit to the form in which MNIST keeps one: 28x28 grey values, the digit light (255) on dark (0),
// its longer side 20 pixels, its centre of mass in the middle (LeCun et al., "The MNIST database of handwritten
// digits"). Used by training and serving alike.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "image/image.hpp"

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

  bool operator==(const Box&) const = default;
};

struct FoundDigit {
  Form form{};
  Box box;
};

// What was found in a picture: digits in reading order, or the reason why there are none.
struct Reading {
  std::vector<FoundDigit> digits;
  std::string reason;  // a sentence; empty when there are digits
};

// The ink of the whole picture is taken as one digit. Alpha is laid over white; which of ink and paper is lighter is
// decided by the picture's border. A picture that already has MNIST's form (in either polarity) keeps its values.
// Any size from 1x1; any thread.
Reading read_digits(image::Image picture);

}  // namespace vidi::digits
