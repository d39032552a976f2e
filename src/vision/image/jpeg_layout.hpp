#pragma once
// What a JPEG says of itself before its first scan. Thread-safe.

#include <cstddef>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {

struct JpegLayout {
  Header header;
  int stored_width = 0;  // before the orientation is applied
  int stored_height = 0;
  int scale = 1;          // 1, 2, 4 or 8 of the stored pixels on a side become one
  int decoded_width = 0;  // so scaled, before the orientation is applied
  int decoded_height = 0;
  int components = 0;
  int orientation = 1;  // EXIF 2.3, tag 0x0112
  bool multiple_scans = false;
  std::size_t coefficient_bytes = 0;  // that libjpeg keeps until the last of several scans
  std::size_t fewest_bytes = 0;       // a file of so many pixels cannot have fewer
};

// The layout of the whole picture. Error: undecodable.
Result<JpegLayout> inspect_jpeg(ByteView bytes);

// The same at the smallest scale that leaves `enough` pixels on the longer side.
JpegLayout scaled_for(JpegLayout layout, int enough);

}  // namespace vidi::image
