#pragma once
// Changing a picture's size, to the same values as Pillow's Image.resize (ImagingResample): separable filters whose
// support grows when the picture shrinks (antialiasing), fixed-point weights, 8-bit intermediate rows.

#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::image {

enum class Filter {
  box,       // area average
  bilinear,  // triangle
  bicubic,   // Keys, a = -0.5
  lanczos,   // three lobes
};

struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;  // in pixels of the source
};

// `width` and `height` are at least 1. Any number of channels; alpha is treated as one more channel.
Image resample(const Image& image, int width, int height, Filter filter);

// The same from a part of the source, whose edges may lie between pixels (Pillow's `box`).
Image resample(const Image& image, int width, int height, Filter filter, const Box& box);

}  // namespace vidi::image
