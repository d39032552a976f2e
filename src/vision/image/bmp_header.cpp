// What a BMP (Microsoft, "Bitmap Storage"; OS/2 "Bitmap File Format") says of itself. The size of its header tells the
// version.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "image/bmp_layout.hpp"
#include "image/integers.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kFileHeader = 14;
constexpr std::uint32_t kCoreHeader = 12;  // OS/2 1: sides of 16 bits, three bytes a color
constexpr std::uint32_t kInfoHeader = 40;  // Windows 3
constexpr std::uint32_t kColorMasks = 52;  // with masks of red, green and blue inside
constexpr std::uint32_t kAlphaMask = 56;   // and of alpha
constexpr std::uint32_t kOs2Header = 64;   // OS/2 2
constexpr std::uint32_t kVersion4Header = 108;
constexpr std::uint32_t kVersion5Header = 124;

std::unexpected<Error> undecodable(std::string_view reason) {
  return fail(ErrorCode::undecodable, fmt::format("The BMP picture cannot be decoded: {}.", reason));
}

bool is_known(std::uint32_t header_size) {
  return header_size == kCoreHeader || header_size == kInfoHeader || header_size == kColorMasks ||
         header_size == kAlphaMask || header_size == kOs2Header || header_size == kVersion4Header ||
         header_size == kVersion5Header;
}

struct Sides {
  std::int64_t width = 0;
  std::int64_t height = 0;  // negative: rows from top to bottom
};

Result<void> set_sides(const Sides& sides, BmpLayout& layout) {
  if (sides.width <= 0 || sides.height == 0 || sides.height < -INT32_MAX) {
    return undecodable(fmt::format("its size is {} x {}; each side is at least 1", sides.width, sides.height));
  }
  layout.header.width = static_cast<int>(sides.width);
  layout.header.height = static_cast<int>(std::abs(sides.height));
  layout.top_down = sides.height < 0;
  return {};
}

Result<void> check_form(const BmpLayout& layout) {
  const int bits = layout.bits;
  bool known = false;
  switch (layout.compression) {
    case BmpCompression::none:
      known = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
      break;
    case BmpCompression::rle8:
      known = bits == 8 && !layout.top_down;
      break;
    case BmpCompression::rle4:
      known = bits == 4 && !layout.top_down;
      break;
    case BmpCompression::bitfields:
    case BmpCompression::alpha_bitfields:
      known = bits == 16 || bits == 32;
      break;
  }
  if (known) return {};
  return undecodable(fmt::format("{} bits a pixel with compression {}{} are not decoded", bits,
                                 static_cast<std::uint32_t>(layout.compression),
                                 layout.top_down ? ", rows from the top," : ""));
}

Result<void> check_masks(const BmpLayout& layout) {
  for (const std::uint32_t mask : layout.masks) {
    if (mask == 0) continue;
    const std::uint64_t field = mask >> static_cast<unsigned>(std::countr_zero(mask));
    if ((field & (field + 1)) != 0) return undecodable(fmt::format("its mask {:#010x} has a hole", mask));
  }
  if (layout.masks[0] == 0 || layout.masks[1] == 0 || layout.masks[2] == 0) {
    return undecodable("it has no mask for red, green or blue");
  }
  return {};
}

// The masks stand inside a large header, or behind one of 40 bytes.
Result<void> read_masks(ByteView bytes, std::uint32_t header_size, BmpLayout& layout) {
  const bool alpha_bitfields = layout.compression == BmpCompression::alpha_bitfields;
  if (layout.compression != BmpCompression::bitfields && !alpha_bitfields) {
    if (layout.bits == 16) layout.masks = {0x7C00, 0x03E0, 0x001F, 0};
    if (layout.bits == 32) layout.masks = {0x00FF0000, 0x0000FF00, 0x000000FF, 0};
    return {};
  }
  const std::size_t count = alpha_bitfields || (header_size >= kAlphaMask && header_size != kOs2Header) ? 4 : 3;
  const std::size_t at = kFileHeader + kInfoHeader;
  if (!holds(bytes, at, 4 * count)) return undecodable("it ends inside its header");
  for (std::size_t i = 0; i < count; ++i) layout.masks.at(i) = little32(bytes, at + 4 * i);
  if (header_size == kInfoHeader) layout.palette_at += 4 * count;
  return check_masks(layout);
}

// Colors stand between the header and the pixels; a file may list fewer than its pixels could name.
void find_palette(std::uint32_t used, std::size_t file_size, BmpLayout& layout) {
  if (layout.bits > 8) return;
  const std::size_t most = std::size_t{1} << static_cast<unsigned>(layout.bits);
  const std::size_t end = std::min(file_size, layout.data_at);
  const std::size_t room = end > layout.palette_at ? (end - layout.palette_at) / layout.palette_entry_bytes : 0;
  layout.palette_size = static_cast<int>(std::min({used == 0 ? most : used, most, room}));
}

std::size_t memory_for(const BmpLayout& layout) {
  const bool run_lengths = layout.compression == BmpCompression::rle4 || layout.compression == BmpCompression::rle8;
  const std::size_t bytes_each = run_lengths || layout.masks[3] != 0 ? 4 : 3;
  const std::size_t pixels = saturating_product(layout.header.width, layout.header.height);
  return saturating_sum(saturating_product(pixels, bytes_each), 4096);
}

// Of the pixels as they are stored; run lengths are checked as they are read.
Result<void> check_size(ByteView bytes, const BmpLayout& layout) {
  if (layout.palette_size == 0 && layout.bits <= 8) return undecodable("it has no colors");
  if (layout.compression == BmpCompression::rle4 || layout.compression == BmpCompression::rle8) {
    return holds(bytes, layout.data_at, 1) ? Result<void>() : undecodable("it ends before its pixels");
  }
  const std::size_t needed = saturating_product(bmp_row_bytes(layout), layout.header.height);
  if (holds(bytes, layout.data_at, needed)) return {};
  return undecodable(
      fmt::format("it has {} bytes; its pixels are {} bytes from byte {} on", bytes.size(), needed, layout.data_at));
}

}  // namespace

std::size_t bmp_row_bytes(const BmpLayout& layout) {
  return (static_cast<std::size_t>(layout.header.width) * layout.bits + 31) / 32 * 4;
}

Result<BmpLayout> inspect_bmp(ByteView bytes) {
  if (!holds(bytes, 0, kFileHeader + kCoreHeader)) return undecodable("it ends inside its header");
  const std::uint32_t header_size = little32(bytes, kFileHeader);
  if (!is_known(header_size)) {
    return undecodable(fmt::format("its header has {} bytes; 12, 40, 52, 56, 64, 108 or 124 are right", header_size));
  }
  if (!holds(bytes, kFileHeader, header_size)) return undecodable("it ends inside its header");
  BmpLayout layout;
  layout.data_at = little32(bytes, 10);
  layout.palette_at = kFileHeader + header_size;
  layout.palette_entry_bytes = header_size == kCoreHeader ? 3 : 4;
  std::uint32_t used = 0;
  Sides sides{.width = little16(bytes, 18), .height = little16(bytes, 20)};
  if (header_size == kCoreHeader) {
    layout.bits = static_cast<int>(little16(bytes, 24));
  } else {
    sides = {.width = static_cast<std::int32_t>(little32(bytes, 18)),
             .height = static_cast<std::int32_t>(little32(bytes, 22))};
    layout.bits = static_cast<int>(little16(bytes, 28));
    layout.compression = static_cast<BmpCompression>(little32(bytes, 30));
    used = little32(bytes, 46);
  }
  if (Result<void> set = set_sides(sides, layout); !set) return forward_error(set);
  if (Result<void> checked = check_form(layout); !checked) return forward_error(checked);
  if (Result<void> read = read_masks(bytes, header_size, layout); !read) return forward_error(read);
  find_palette(used, bytes.size(), layout);
  if (Result<void> checked = check_size(bytes, layout); !checked) return forward_error(checked);
  layout.header.memory = memory_for(layout);
  return layout;
}

}  // namespace vidi::image
