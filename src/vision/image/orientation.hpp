#pragma once
// How a camera was held, as EXIF records it (EXIF 2.3, tag 0x0112, values 1 to 8; 1: the picture is upright).

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace vidi::image {

// From the data of a JPEG's APP1 segment; 1 when it holds none or makes no sense.
int exif_orientation(ByteView segment);

// Whether the upright picture's width is the stored one's height.
inline bool turns_sides(int orientation) { return orientation >= 5; }

// Where a stored row goes in the upright picture: its first pixel, and the way from each pixel to the next; both in
// pixels.
struct RowPlace {
  std::ptrdiff_t start = 0;
  std::ptrdiff_t step = 1;
};
RowPlace upright_place(int orientation, int stored_width, int stored_height, int row);

}  // namespace vidi::image
