#pragma once
// What decode.cpp asks of each format. `inspect_` reads what stands before the pixels and allocates nothing that grows
// with the file; `decode_` is called with the same bytes and that layout once its header is within the limits. Errors
// are undecodable; any thread.

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/decode.hpp"
#include "image/image.hpp"

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
Result<Image> decode_png(ByteView bytes, const PngLayout& layout);

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
  std::size_t fewest_bytes = 0;  // a file of so many pixels cannot have fewer
};
// `enough`: see decode_scaled().
Result<JpegLayout> inspect_jpeg(ByteView bytes, int enough);
Result<Image> decode_jpeg(ByteView bytes, const JpegLayout& layout);

struct GifLayout {
  Header header;
  int left = 0;  // of the first frame on the canvas
  int top = 0;
  int width = 0;
  int height = 0;
  bool interlaced = false;
  int transparent = -1;  // index of the color that is not drawn; -1: none

  [[nodiscard]] bool has_alpha() const { return transparent >= 0 || width != header.width || height != header.height; }
};
Result<GifLayout> inspect_gif(ByteView bytes);
Result<Image> decode_gif(ByteView bytes, const GifLayout& layout);

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
Result<BmpLayout> inspect_bmp(ByteView bytes);
Result<Image> decode_bmp(ByteView bytes, const BmpLayout& layout);

struct TxtLayout {
  Header header;
};
// Whether it is a text that begins with a number.
bool is_txt(ByteView bytes);
Result<TxtLayout> inspect_txt(ByteView bytes);
Result<Image> decode_txt(ByteView bytes, const TxtLayout& layout);

}  // namespace vidi::image
