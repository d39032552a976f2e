#pragma once
// The quick way for the PNGs that clients send by the thousand: small, 8 bits a channel, not interlaced.

#include <optional>

#include "image/image.hpp"
#include "image/png_layout.hpp"

namespace vidi::image {

// Absent when the file is of another kind, or anything about it is wrong: the general decoder then has the say.
std::optional<Image> decode_small_png(ByteView bytes, const PngLayout& layout);

}  // namespace vidi::image
