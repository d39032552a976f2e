#pragma once
// What a PNG says of itself before its pixels. Errors are undecodable. Thread-safe.

#include <cstddef>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {

struct PngLayout {
  Header header;
  int bit_depth = 0;
  int color_type = 0;  // PNG specification, table 11.1
  bool interlaced = false;
  bool transparency = false;   // a tRNS chunk that applies
  bool more_critical = false;  // chunks between header and pixels that a decoder must know, as the palette's
  std::size_t data_at = 0;     // of the first IDAT chunk
};

Result<PngLayout> inspect_png(ByteView bytes);

}  // namespace vidi::image
