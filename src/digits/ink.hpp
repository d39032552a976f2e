#pragma once
// Telling ink from paper in a grey picture.

#include <cstdint>
#include <optional>

#include "digits/canonical.hpp"
#include "image/image.hpp"

namespace vidi::digits {

// The grey level that separates a picture's two classes best: the greatest between-class variance (Otsu, "A threshold
// selection method from gray-level histograms", 1979). Values above it are the light class.
struct Threshold {
  std::uint8_t level = 0;
  double dark_mean = 0;
  double light_mean = 0;
};

Threshold otsu_threshold(const image::Image& grey);

// Whether most of the picture's outermost pixels belong to the light class: the paper is light, the ink dark.
bool border_is_light(const image::Image& grey, std::uint8_t level);

// Light ink on black: 0 for paper, 255 for ink, in between for the edges of strokes. `grey` has one channel.
// Absent: there is no contrast in the picture that could be ink.
std::optional<image::Image> extract_ink(const image::Image& grey);

// The smallest box around every value of at least `level`; absent when there is none.
std::optional<Box> bounding_box(const image::Image& grey, std::uint8_t level);

}  // namespace vidi::digits
