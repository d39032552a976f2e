#pragma once
// JPEG files made on the spot, for tests and benchmarks only.

#include "core/bytes.hpp"
#include "image/image.hpp"

namespace vidi::image {

struct JpegOptions {
  int quality = 75;
  bool progressive = false;
  bool halve_color = true;  // store color at half the width and height, as cameras do
  int orientation = 1;      // EXIF's; 1: no EXIF segment is written
};

// `image` has 1 or 3 channels.
Bytes encode_jpeg(const Image& image, const JpegOptions& options = {});

// Colored as a gradient.
Bytes make_jpeg(int width, int height, bool progressive);

}  // namespace vidi::image
