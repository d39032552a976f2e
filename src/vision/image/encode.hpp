#pragma once
// Pixels to the bytes of a PNG file: for contact sheets, explanations and tests.

#include "core/bytes.hpp"
#include "image/image.hpp"

namespace vidi::image {

// 8 bits a channel, in the image's own channels. Any thread.
Bytes encode_png(const Image& image);

}  // namespace vidi::image
