#pragma once
// Turning a picture upright as its EXIF data asks (Exif 2.32, tag 0x0112, values 1 to 8).

#include "core/bytes.hpp"
#include "image/image.hpp"

namespace vidi::image {

// The orientation in the payload of a JPEG's APP1 marker; 1 (upright) when it holds none or makes no sense.
int exif_orientation(ByteView app1);

// Whether width and height change places.
inline bool swaps_sides(int orientation) { return orientation >= 5; }

Image apply_orientation(Image image, int orientation);

}  // namespace vidi::image
