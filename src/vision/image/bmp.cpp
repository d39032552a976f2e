// The pixels of a BMP. Its rows are stored from the bottom up, in multiples of 4 bytes, blue before green before red.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "image/bmp_layout.hpp"
#include "image/bmp_rle.hpp"
#include "image/formats.hpp"
#include "image/integers.hpp"

namespace vidi::image {
namespace {

using Color = std::array<std::uint8_t, 3>;
using Palette = std::array<Color, 256>;

Palette read_palette(ByteView bytes, const BmpLayout& layout) {
  Palette palette{};
  for (int i = 0; i < layout.palette_size; ++i) {
    const std::size_t at = layout.palette_at + static_cast<std::size_t>(i) * layout.palette_entry_bytes;
    for (std::size_t c = 0; c < 3; ++c) palette.at(i)[c] = static_cast<std::uint8_t>(byte_at(bytes, at + 2 - c));
  }
  return palette;
}

ByteView stored_row(ByteView bytes, const BmpLayout& layout, int y) {
  const std::size_t size = bmp_row_bytes(layout);
  const std::size_t stored = layout.top_down ? y : layout.header.height - 1 - y;
  return bytes.subspan(layout.data_at + stored * size, size);
}

std::unexpected<Error> beyond_palette() {
  return fail(ErrorCode::undecodable,
              "The BMP picture cannot be decoded: a pixel has a color beyond those that the file lists.");
}

Result<Image> decode_indices(ByteView bytes, const BmpLayout& layout) {
  const Palette palette = read_palette(bytes, layout);
  const auto bits = static_cast<unsigned>(layout.bits);
  const unsigned mask = (1U << bits) - 1;
  Image image = make_image(layout.header.width, layout.header.height, 3);
  for (int y = 0; y < image.height; ++y) {
    const ByteView row = stored_row(bytes, layout, y);
    std::uint8_t* out = image.row(y).data();
    for (std::size_t x = 0; x < static_cast<std::size_t>(image.width); ++x) {
      const std::size_t bit = x * bits;
      const unsigned index = byte_at(row, bit / 8) >> (8 - bits - static_cast<unsigned>(bit % 8)) & mask;
      if (std::cmp_greater_equal(index, layout.palette_size)) return beyond_palette();
      out = std::ranges::copy(palette.at(index), out).out;
    }
  }
  return image;
}

Result<Image> decode_run_lengths(ByteView bytes, const BmpLayout& layout) {
  const Palette palette = read_palette(bytes, layout);
  const std::optional<std::vector<std::uint8_t>> indices = decode_bmp_rle(
      bytes.subspan(layout.data_at), layout.header.width, layout.header.height, static_cast<unsigned>(layout.bits));
  if (!indices) {
    return fail(ErrorCode::undecodable,
                "The BMP picture cannot be decoded: its run lengths end too early or lead out of the picture.");
  }
  Image image = make_image(layout.header.width, layout.header.height, 3);
  std::uint8_t* out = image.pixels.data();
  for (const std::uint8_t index : *indices) {
    if (std::cmp_greater_equal(index, layout.palette_size)) return beyond_palette();
    out = std::ranges::copy(palette.at(index), out).out;
  }
  return image;
}

Image decode_triples(ByteView bytes, const BmpLayout& layout) {
  Image image = make_image(layout.header.width, layout.header.height, 3);
  for (int y = 0; y < image.height; ++y) {
    const auto* in = reinterpret_cast<const std::uint8_t*>(stored_row(bytes, layout, y).data());
    std::uint8_t* out = image.row(y).data();
    for (int x = 0; x < image.width; ++x, in += 3, out += 3) {
      out[0] = in[2];
      out[1] = in[1];
      out[2] = in[0];
    }
  }
  return image;
}

// One channel of a pixel of 16 or 32 bits, stretched to 0..255.
class Field {
 public:
  explicit Field(std::uint32_t mask)
      : mask_(mask), shift_(mask != 0 ? static_cast<unsigned>(std::countr_zero(mask)) : 0), most_(mask >> shift_) {}

  [[nodiscard]] std::uint8_t of(std::uint32_t pixel) const {
    const std::uint64_t value = (pixel & mask_) >> shift_;
    return static_cast<std::uint8_t>(most_ == 255 ? value : value * 255 / most_);
  }

 private:
  std::uint32_t mask_;
  unsigned shift_;
  std::uint64_t most_;
};

Image decode_fields(ByteView bytes, const BmpLayout& layout) {
  const int channels = layout.masks[3] != 0 ? 4 : 3;
  const std::array fields{Field(layout.masks[0]), Field(layout.masks[1]), Field(layout.masks[2]),
                          Field(layout.masks[3])};
  Image image = make_image(layout.header.width, layout.header.height, channels);
  for (int y = 0; y < image.height; ++y) {
    const ByteView row = stored_row(bytes, layout, y);
    std::uint8_t* out = image.row(y).data();
    for (std::size_t x = 0; x < static_cast<std::size_t>(image.width); ++x) {
      const std::uint32_t pixel = layout.bits == 16 ? little16(row, 2 * x) : little32(row, 4 * x);
      for (int c = 0; c < channels; ++c) *out++ = fields.at(c).of(pixel);
    }
  }
  return image;
}

Result<Image> decode_bmp(ByteView bytes, const BmpLayout& layout) {
  if (layout.compression == BmpCompression::rle4 || layout.compression == BmpCompression::rle8) {
    return decode_run_lengths(bytes, layout);
  }
  if (layout.bits <= 8) return decode_indices(bytes, layout);
  if (layout.bits == 24) return decode_triples(bytes, layout);
  return decode_fields(bytes, layout);
}

// "BM" alone begins too many texts: the size of a BMP's header, an integer below 256, must follow in its place.
bool is_bmp(ByteView bytes) {
  return as_text(bytes).starts_with("BM") && bytes.size() >= 18 && little32(bytes, 14) >= 12 &&
         little32(bytes, 14) < 256;
}

constexpr std::string_view kEndings[] = {"bmp"};

}  // namespace

constinit const Format kBmp{.name = "BMP",
                            .media_type = "image/bmp",
                            .endings = kEndings,
                            .sniff = is_bmp,
                            .open = open_whole<BmpLayout, inspect_bmp, decode_bmp>};

}  // namespace vidi::image
