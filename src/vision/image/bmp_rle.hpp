#pragma once
// BMP's run-length encoding (Microsoft, "Bitmap Compression").

#include <cstdint>
#include <optional>
#include <vector>

#include "core/bytes.hpp"

namespace vidi::image {

// Palette indices of the whole picture, rows from top to bottom; pixels that the runs skip are 0. `bits` is 4 or 8.
// Absent: the runs end before the picture does, or lead out of it.
std::optional<std::vector<std::uint8_t>> decode_bmp_rle(ByteView runs, int width, int height, unsigned bits);

}  // namespace vidi::image
