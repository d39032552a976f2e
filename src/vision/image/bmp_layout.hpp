#pragma once
// What a BMP says of itself before its pixels. Thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {

// The values as they stand in the file.
enum class BmpCompression : std::uint32_t { none = 0, rle8 = 1, rle4 = 2, bitfields = 3, alpha_bitfields = 6 };

struct BmpLayout {
  Header header;
  int bits = 0;  // a pixel
  BmpCompression compression = BmpCompression::none;
  bool top_down = false;
  std::size_t data_at = 0;
  std::size_t palette_at = 0;
  int palette_size = 0;                  // entries
  int palette_entry_bytes = 0;           // 3 or 4
  std::array<std::uint32_t, 4> masks{};  // red, green, blue, alpha of 16 and 32 bits a pixel; 0: the
                                         // channel is absent
};

std::size_t bmp_row_bytes(const BmpLayout& layout);  // of a row as it is stored without run lengths

// Error: undecodable.
Result<BmpLayout> inspect_bmp(ByteView bytes);

}  // namespace vidi::image
