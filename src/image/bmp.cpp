// BMP, Windows and OS/2 (Microsoft, "Bitmap Storage"; the header sizes tell the versions apart), decoded by us.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "image/bmp_rle.hpp"
#include "image/codecs.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::size_t kCoreHeader = 12;   // OS/2 1: 16-bit sizes, three bytes a colour
constexpr std::size_t kInfoHeader = 40;   // Windows 3
constexpr std::size_t kMaskHeader = 52;   // with masks of red, green and blue inside
constexpr std::size_t kAlphaHeader = 56;  // and of alpha; so are versions 4 (108) and 5 (124)

enum class Compression : std::uint32_t { none = 0, rle8 = 1, rle4 = 2, bitfields = 3, alpha_bitfields = 6 };

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

struct Layout {
  int width = 0;
  int height = 0;
  bool top_down = false;
  unsigned bits = 0;  // a pixel
  Compression compression = Compression::none;
  std::size_t header_size = 0;
  std::size_t palette_offset = 0;
  std::uint32_t colours_used = 0;
  std::size_t pixel_offset = 0;
  std::array<std::uint32_t, 4> masks{};  // red, green, blue, alpha
};

std::uint32_t number(ByteView bytes, std::size_t position, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | std::to_integer<std::uint32_t>(bytes[position + i]);
  return value;
}

std::unexpected<Error> bad(std::string_view detail) { return damaged(Format::bmp, detail); }

// Width, height and bits of either kind of header.
Result<void> read_sizes(ByteView bytes, Layout& layout) {
  if (layout.header_size == kCoreHeader) {
    layout.width = static_cast<int>(number(bytes, 18, 2));
    layout.height = static_cast<int>(number(bytes, 20, 2));
    layout.bits = number(bytes, 24, 2);
    return {};
  }
  const auto width = static_cast<std::int32_t>(number(bytes, 18, 4));
  const auto height = static_cast<std::int32_t>(number(bytes, 22, 4));
  if (width <= 0 || height == 0 || height == INT32_MIN)
    return bad(fmt::format("its size is {}x{} pixels", width, height));
  layout.width = width;
  layout.height = std::abs(height);
  layout.top_down = height < 0;
  layout.bits = number(bytes, 28, 2);
  layout.compression = static_cast<Compression>(number(bytes, 30, 4));
  layout.colours_used = number(bytes, 46, 4);
  return {};
}

// The masks stand inside a large header, or behind a header of 40 bytes.
Result<void> read_masks(ByteView bytes, Layout& layout) {
  const bool masked =
      layout.compression == Compression::bitfields || layout.compression == Compression::alpha_bitfields;
  if (!masked) {
    if (layout.bits == 16) layout.masks = {0x7C00, 0x03E0, 0x001F, 0};
    if (layout.bits == 32) layout.masks = {0x00FF0000, 0x0000FF00, 0x000000FF, 0};
    return {};
  }
  if (layout.bits != 16 && layout.bits != 32)
    return bad(fmt::format("it has bit fields and {} bits a pixel", layout.bits));
  const bool alpha = layout.compression == Compression::alpha_bitfields || layout.header_size >= kAlphaHeader;
  const std::size_t count = alpha ? 4 : 3;
  const std::size_t start = kFileHeader + kInfoHeader;
  if (bytes.size() < start + 4 * count) return bad("it ends within its header");
  for (std::size_t i = 0; i < count; ++i) layout.masks[i] = number(bytes, start + 4 * i, 4);
  if (layout.header_size == kInfoHeader) layout.palette_offset += 4 * count;
  for (const std::uint32_t mask : layout.masks) {
    const std::uint32_t field = mask != 0 ? mask >> static_cast<unsigned>(std::countr_zero(mask)) : 0;
    if ((field & (field + 1)) != 0) return bad(fmt::format("the mask {:#x} has holes", mask));
  }
  if (layout.masks[0] == 0 || layout.masks[1] == 0 || layout.masks[2] == 0) return bad("it has no mask for a colour");
  return {};
}

Result<void> check_depth(const Layout& layout) {
  const auto of = [&](std::initializer_list<unsigned> depths) {
    return std::ranges::find(depths, layout.bits) != depths.end();
  };
  bool known = false;
  switch (layout.compression) {
    case Compression::none:
      known = of({1, 4, 8, 16, 24, 32});
      break;
    case Compression::rle8:
      known = of({8}) && !layout.top_down;
      break;
    case Compression::rle4:
      known = of({4}) && !layout.top_down;
      break;
    case Compression::bitfields:
    case Compression::alpha_bitfields:
      known = of({16, 32});
      break;
  }
  if (known) return {};
  return bad(fmt::format("{} bits a pixel with compression {} is not a form of BMP", layout.bits,
                         static_cast<std::uint32_t>(layout.compression)));
}

Result<Layout> read_layout(ByteView bytes) {
  if (bytes.size() < kFileHeader + kCoreHeader) return bad("it ends within its header");
  Layout layout;
  layout.pixel_offset = number(bytes, 10, 4);
  layout.header_size = number(bytes, kFileHeader, 4);
  const bool known = layout.header_size == kCoreHeader || layout.header_size == kInfoHeader ||
                     layout.header_size == kMaskHeader || layout.header_size == kAlphaHeader ||
                     layout.header_size == 64 || layout.header_size == 108 || layout.header_size == 124;
  if (!known) return bad(fmt::format("its header has {} bytes", layout.header_size));
  if (bytes.size() < kFileHeader + layout.header_size) return bad("it ends within its header");
  layout.palette_offset = kFileHeader + layout.header_size;
  if (auto read = read_sizes(bytes, layout); !read) return forward_error(read);
  if (auto checked = check_depth(layout); !checked) return forward_error(checked);
  if (auto read = read_masks(bytes, layout); !read) return forward_error(read);
  return layout;
}

// Colours beyond those that the file lists are black.
Result<std::array<Colour, 256>> read_palette(ByteView bytes, const Layout& layout) {
  const std::size_t entry = layout.header_size == kCoreHeader ? 3 : 4;
  const std::size_t most = std::size_t{1} << layout.bits;
  const std::size_t count = layout.colours_used == 0 ? most : std::min<std::size_t>(layout.colours_used, most);
  std::array<Colour, 256> palette{};
  // A file may cut its palette short by starting its pixels.
  const std::size_t end = std::min(bytes.size(), std::max(layout.pixel_offset, layout.palette_offset));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = layout.palette_offset + entry * i;
    if (at + entry > end) break;
    palette[i] = {std::to_integer<std::uint8_t>(bytes[at + 2]), std::to_integer<std::uint8_t>(bytes[at + 1]),
                  std::to_integer<std::uint8_t>(bytes[at])};
  }
  return palette;
}

std::size_t stride_of(const Layout& layout) {
  return (static_cast<std::size_t>(layout.width) * layout.bits + 31) / 32 * 4;
}

// Where row `y` from the top stands in the file.
std::size_t row_offset(const Layout& layout, int y) {
  const int stored = layout.top_down ? y : layout.height - 1 - y;
  return layout.pixel_offset + static_cast<std::size_t>(stored) * stride_of(layout);
}

Result<Image> decode_indexed(ByteView bytes, const Layout& layout) {
  const auto palette = read_palette(bytes, layout);
  if (!palette) return std::unexpected(palette.error());
  Image image = make_image(layout.width, layout.height, 3);
  const std::uint8_t mask = static_cast<std::uint8_t>((1U << layout.bits) - 1);
  for (int y = 0; y < layout.height; ++y) {
    const ByteView row = bytes.subspan(row_offset(layout, y), stride_of(layout));
    std::uint8_t* out = image.row(y).data();
    for (std::size_t x = 0; x < static_cast<std::size_t>(layout.width); ++x) {
      const std::size_t bit = x * layout.bits;
      const unsigned shift = 8 - layout.bits - static_cast<unsigned>(bit % 8);
      const Colour& colour = (*palette)[(std::to_integer<unsigned>(row[bit / 8]) >> shift) & mask];
      *out++ = colour.red;
      *out++ = colour.green;
      *out++ = colour.blue;
    }
  }
  return image;
}

// A field of a pixel, stretched to 0..255.
std::uint8_t field(std::uint32_t pixel, std::uint32_t mask) {
  const auto shift = static_cast<unsigned>(std::countr_zero(mask));
  const std::uint64_t most = mask >> shift;
  return static_cast<std::uint8_t>(static_cast<std::uint64_t>((pixel & mask) >> shift) * 255 / most);
}

Image decode_masked(ByteView bytes, const Layout& layout) {
  const std::size_t channels = layout.masks[3] != 0 ? 4 : 3;
  const std::size_t size = layout.bits / 8;
  Image image = make_image(layout.width, layout.height, static_cast<int>(channels));
  for (int y = 0; y < layout.height; ++y) {
    std::uint8_t* out = image.row(y).data();
    for (std::size_t x = 0; x < static_cast<std::size_t>(layout.width); ++x) {
      const std::uint32_t pixel = number(bytes, row_offset(layout, y) + x * size, size);
      for (std::size_t c = 0; c < channels; ++c) *out++ = field(pixel, layout.masks[c]);
    }
  }
  return image;
}

Image decode_bgr(ByteView bytes, const Layout& layout) {
  Image image = make_image(layout.width, layout.height, 3);
  for (int y = 0; y < layout.height; ++y) {
    const ByteView row = bytes.subspan(row_offset(layout, y), image.row_bytes());
    std::uint8_t* out = image.row(y).data();
    for (std::size_t x = 0; x < row.size(); x += 3) {
      for (const std::size_t c : {2U, 1U, 0U}) *out++ = std::to_integer<std::uint8_t>(row[x + c]);
    }
  }
  return image;
}

Result<Image> decode_run_lengths(ByteView bytes, const Layout& layout) {
  const auto palette = read_palette(bytes, layout);
  if (!palette) return std::unexpected(palette.error());
  if (layout.pixel_offset > bytes.size()) return bad("its pixels are missing");
  const auto indices = decode_bmp_rle(bytes.subspan(layout.pixel_offset), layout.width, layout.height, layout.bits);
  if (!indices) return bad("its run lengths end early or lead out of the picture");
  Image image = make_image(layout.width, layout.height, 3);
  std::uint8_t* out = image.pixels.data();
  for (const std::uint8_t index : *indices) {
    const Colour& colour = (*palette)[index];
    *out++ = colour.red;
    *out++ = colour.green;
    *out++ = colour.blue;
  }
  return image;
}

}  // namespace

Result<Header> read_bmp_header(ByteView bytes) {
  const auto layout = read_layout(bytes);
  if (!layout) return std::unexpected(layout.error());
  Header header{Format::bmp, layout->width, layout->height, 0};
  header.memory = static_cast<std::size_t>(layout->width) * static_cast<std::size_t>(layout->height) * 4 + 4096;
  return header;
}

Result<Image> decode_bmp(ByteView bytes, const Header&) {
  const auto layout = read_layout(bytes);
  if (!layout) return std::unexpected(layout.error());
  if (layout->compression == Compression::rle4 || layout->compression == Compression::rle8) {
    return decode_run_lengths(bytes, *layout);
  }
  const std::size_t needed = stride_of(*layout) * static_cast<std::size_t>(layout->height);
  if (layout->pixel_offset > bytes.size() || bytes.size() - layout->pixel_offset < needed) {
    return bad(fmt::format("it ends early: {} bytes of pixels are needed", needed));
  }
  if (layout->bits <= 8) return decode_indexed(bytes, *layout);
  if (layout->bits == 24) return decode_bgr(bytes, *layout);
  return decode_masked(bytes, *layout);
}

}  // namespace vidi::image
