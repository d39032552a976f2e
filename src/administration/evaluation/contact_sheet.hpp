#pragma once
// The pictures that a model got wrong, on one sheet.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "datasets/mnist.hpp"
#include "image/image.hpp"

namespace vidi::evaluation {

struct Misreading {
  std::size_t index = 0;  // of the picture in its data set
  std::uint8_t label = 0;
  std::string answer;  // empty: none was given
};

// Each picture enlarged, with its number, its label and the answer below; RGB. The first 500 of them when there are
// more, which the heading says.
image::Image draw_contact_sheet(const datasets::LabeledImages& images, std::span<const Misreading> misreadings);

}  // namespace vidi::evaluation
