#include "image/png_small.hpp"

#include <libdeflate.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "image/integers.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kMaxInflated = 64U << 10U;
constexpr std::size_t kHeaderAt = 8;
constexpr std::size_t kChunkFrame = 12;

struct DecompressorDeleter {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

// Kept by each thread: setting them up costs more than decoding a small picture.
struct Scratch {
  std::unique_ptr<libdeflate_decompressor, DecompressorDeleter> decompressor{libdeflate_alloc_decompressor()};
  std::array<std::uint8_t, kMaxInflated> inflated;
};

Scratch& scratch() {
  thread_local const auto kept = std::make_unique<Scratch>();
  return *kept;
}

// The chunk's data when it is whole, of that type and with a right checksum.
std::optional<ByteView> chunk_data(ByteView bytes, std::size_t at, std::string_view type) {
  if (!holds(bytes, at, kChunkFrame)) return std::nullopt;
  const std::size_t length = big32(bytes, at);
  if (!holds(bytes, at + kChunkFrame, length)) return std::nullopt;
  const ByteView checked = bytes.subspan(at + 4, 4 + length);
  if (as_text(checked).substr(0, 4) != type) return std::nullopt;
  if (libdeflate_crc32(0, checked.data(), checked.size()) != big32(bytes, at + 8 + length)) return std::nullopt;
  return checked.subspan(4);
}

std::uint8_t paeth(int left, int above, int corner) {
  const int from_left = std::abs(above - corner);
  const int from_above = std::abs(left - corner);
  const int from_corner = std::abs(left + above - 2 * corner);
  if (from_left <= from_above && from_left <= from_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(from_above <= from_corner ? above : corner);
}

// Undoes one row's filter (PNG specification, section 9). `above` is the row before, or zeros; false when there is no
// such filter.
template <std::size_t kPixel>
bool unfilter_row(unsigned filter, const std::uint8_t* in, const std::uint8_t* above, std::uint8_t* out,
                  std::size_t size) {
  const auto left = [&](std::size_t i) -> int { return i >= kPixel ? out[i - kPixel] : 0; };
  const auto corner = [&](std::size_t i) -> int { return i >= kPixel ? above[i - kPixel] : 0; };
  switch (filter) {
    case 0:
      std::memcpy(out, in, size);
      return true;
    case 1:
      for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(in[i] + left(i));
      return true;
    case 2:
      for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(in[i] + above[i]);
      return true;
    case 3:
      for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(in[i] + (left(i) + above[i]) / 2);
      return true;
    case 4:
      for (std::size_t i = 0; i < size; ++i) {
        out[i] = static_cast<std::uint8_t>(in[i] + paeth(left(i), above[i], corner(i)));
      }
      return true;
    default:
      return false;
  }
}

template <std::size_t kPixel>
bool unfilter(const std::uint8_t* in, Image& image) {
  const std::size_t size = image.row_bytes();
  static constexpr std::array<std::uint8_t, kMaxInflated> kZeros{};
  const std::uint8_t* above = kZeros.data();
  std::uint8_t* out = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    if (!unfilter_row<kPixel>(in[0], in + 1, above, out, size)) return false;
    above = out;
    in += size + 1;
    out += size;
  }
  return true;
}

bool unfilter(const std::uint8_t* in, Image& image) {
  switch (image.channels) {
    case 1:
      return unfilter<1>(in, image);
    case 2:
      return unfilter<2>(in, image);
    case 3:
      return unfilter<3>(in, image);
    default:
      return unfilter<4>(in, image);
  }
}

int channels_of(int color_type) {
  switch (color_type) {
    case 0:
      return 1;
    case 2:
      return 3;
    case 4:
      return 2;
    case 6:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Image> decode_small_png(ByteView bytes, const PngLayout& layout) {
  const int channels = channels_of(layout.color_type);
  if (layout.bit_depth != 8 || layout.interlaced || layout.transparency || layout.more_critical || channels == 0) {
    return std::nullopt;
  }
  const std::size_t row = saturating_product(layout.header.width, channels) + 1;
  const std::size_t size = saturating_product(row, layout.header.height);
  if (size > kMaxInflated) return std::nullopt;

  const auto data = chunk_data(bytes, layout.data_at, "IDAT");
  if (!data || !chunk_data(bytes, kHeaderAt, "IHDR")) return std::nullopt;
  const auto end = chunk_data(bytes, layout.data_at + kChunkFrame + data->size(), "IEND");
  if (!end || !end->empty()) return std::nullopt;
  Scratch& own = scratch();
  if (!own.decompressor || libdeflate_zlib_decompress(own.decompressor.get(), data->data(), data->size(),
                                                      own.inflated.data(), size, nullptr) != LIBDEFLATE_SUCCESS) {
    return std::nullopt;
  }
  std::optional<Image> image = make_image(layout.header.width, layout.header.height, channels);
  if (!unfilter(own.inflated.data(), *image)) return std::nullopt;
  return image;
}

}  // namespace vidi::image
