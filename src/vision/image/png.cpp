// PNG (W3C Recommendation, third edition), decoded by libspng.

#include <fmt/format.h>
#include <spng.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "image/formats.hpp"
#include "image/integers.hpp"
#include "image/png_layout.hpp"
#include "image/png_small.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kSignatureBytes = 8;
constexpr std::size_t kChunkFrame = 12;  // length, type and checksum around a chunk's data
constexpr std::size_t kHeaderBytes = kSignatureBytes + kChunkFrame + 13;

// What libspng, zlib's window and the context of a decoder take beside pixels and rows.
constexpr std::size_t kLibraryBytes = 128U << 10U;

std::unexpected<Error> undecodable(std::string_view reason) {
  return fail(ErrorCode::undecodable, fmt::format("The PNG picture cannot be decoded: {}.", reason));
}

std::string_view chunk_type(ByteView bytes, std::size_t at) { return as_text(bytes).substr(at + 4, 4); }

// Bit 5 tells small letters. A chunk whose type begins with one may be passed over.
bool is_small_letter(char letter) { return (static_cast<unsigned char>(letter) & 0x20U) != 0; }

// A chunk that decoders may pass over, and that this one does.
bool is_ancillary(std::string_view type) { return is_small_letter(type[0]) && type != "tRNS"; }

bool is_allowed_depth(int color_type, int depth) {
  switch (color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case SPNG_COLOR_TYPE_INDEXED:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case SPNG_COLOR_TYPE_TRUECOLOR:
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return depth == 8 || depth == 16;
    default:
      return false;
  }
}

int stored_channels(int color_type) {
  switch (color_type) {
    case SPNG_COLOR_TYPE_TRUECOLOR:
      return 3;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return 4;
    default:
      return 1;
  }
}

int decoded_channels(const PngLayout& layout) {
  switch (layout.color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      return layout.transparency ? 2 : 1;
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return 2;
    case SPNG_COLOR_TYPE_TRUECOLOR_ALPHA:
      return 4;
    default:
      return layout.transparency ? 4 : 3;
  }
}

// Gray of 16 bits is decoded as it stands and reduced in its place.
bool is_deep_gray(const PngLayout& layout) { return layout.bit_depth == 16 && stored_channels(layout.color_type) <= 2; }

Result<PngLayout> read_ihdr(ByteView bytes) {
  if (bytes.size() < kHeaderBytes) {
    return undecodable(fmt::format("it ends after {} bytes, inside its header of {}", bytes.size(), kHeaderBytes));
  }
  if (big32(bytes, 8) != 13 || chunk_type(bytes, 8) != "IHDR") return undecodable("its first chunk is not a header");
  const std::uint32_t width = big32(bytes, 16);
  const std::uint32_t height = big32(bytes, 20);
  if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) {
    return undecodable(fmt::format("its size is {} x {}; each side is from 1 to {}", width, height, INT32_MAX));
  }
  PngLayout layout;
  layout.header = {.width = static_cast<int>(width), .height = static_cast<int>(height), .memory = 0};
  layout.bit_depth = static_cast<int>(byte_at(bytes, 24));
  layout.color_type = static_cast<int>(byte_at(bytes, 25));
  if (!is_allowed_depth(layout.color_type, layout.bit_depth)) {
    return undecodable(
        fmt::format("there is no color type {} with {} bits a channel", layout.color_type, layout.bit_depth));
  }
  const std::uint32_t interlace = byte_at(bytes, 28);
  if (byte_at(bytes, 26) != 0 || byte_at(bytes, 27) != 0 || interlace > 1) {
    return undecodable("its compression, filter or interlace method is none that PNG defines");
  }
  layout.interlaced = interlace == 1;
  return layout;
}

// Passes over the chunks before the pixels.
Result<void> find_data(ByteView bytes, PngLayout& layout) {
  std::size_t at = kHeaderBytes;
  while (holds(bytes, at, kChunkFrame)) {
    const std::string_view type = chunk_type(bytes, at);
    if (type == "IDAT") {
      layout.data_at = at;
      return {};
    }
    if (type == "IEND") return undecodable("it has no pixels");
    if (!is_small_letter(type[0])) layout.more_critical = true;
    if (type == "tRNS" && stored_channels(layout.color_type) % 2 == 1) layout.transparency = true;
    const std::size_t length = big32(bytes, at);
    if (!holds(bytes, at + kChunkFrame, length)) break;
    at += kChunkFrame + length;
  }
  return undecodable("it ends before its pixels");
}

// Bytes of the rows as they are inflated; a few less than that when interlaced passes are empty.
std::size_t inflated_bytes(const PngLayout& layout) {
  const std::size_t bits = static_cast<std::size_t>(layout.bit_depth) * stored_channels(layout.color_type);
  const std::size_t row = saturating_product(layout.header.width, bits) / 8 + 1;
  return saturating_product(row, layout.header.height);
}

std::size_t memory_for(const PngLayout& layout) {
  const std::size_t width = layout.header.width;
  const std::size_t sample_bytes = is_deep_gray(layout) ? 2 : 1;
  const std::size_t pixels =
      saturating_product(saturating_product(width, layout.header.height), decoded_channels(layout) * sample_bytes);
  // libspng keeps two rows as stored, at most 8 bytes a pixel, and one as decoded.
  return saturating_sum(pixels, saturating_sum(saturating_product(width, 24), kLibraryBytes));
}

// Hands libspng the file without the chunks that decoding does not need, so that no text or profile is inflated or
// kept.
class ChunkFilter {
 public:
  explicit ChunkFilter(ByteView bytes) : bytes_(bytes), wanted_(kSignatureBytes) {}

  static int read(spng_ctx* /*context*/, void* user, void* target, std::size_t size) {
    return static_cast<ChunkFilter*>(user)->read(static_cast<std::byte*>(target), size);
  }

 private:
  int read(std::byte* target, std::size_t size) {
    while (size > 0) {
      if (wanted_ == 0 && !find_chunk()) return SPNG_IO_EOF;
      const std::size_t count = std::min(size, wanted_);
      if (!holds(bytes_, at_, count)) return SPNG_IO_EOF;
      std::memcpy(target, bytes_.data() + at_, count);
      target += count;
      at_ += count;
      wanted_ -= count;
      size -= count;
    }
    return 0;
  }

  bool find_chunk() {
    while (holds(bytes_, at_, kChunkFrame)) {
      const std::size_t size = kChunkFrame + big32(bytes_, at_);
      if (!is_ancillary(chunk_type(bytes_, at_))) {
        wanted_ = size;
        return true;
      }
      if (!holds(bytes_, at_, size)) return false;
      at_ += size;
    }
    return false;
  }

  ByteView bytes_;
  std::size_t at_ = 0;
  std::size_t wanted_;  // bytes from at_ on that libspng is to see
};

struct ContextDeleter {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};

int output_format(const PngLayout& layout) {
  if (is_deep_gray(layout) || layout.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA) return SPNG_FMT_PNG;
  if (layout.color_type == SPNG_COLOR_TYPE_GRAYSCALE) return layout.transparency ? SPNG_FMT_GA8 : SPNG_FMT_G8;
  return decoded_channels(layout) == 4 ? SPNG_FMT_RGBA8 : SPNG_FMT_RGB8;
}

std::uint16_t sample_at(const Image& image, std::size_t index) {
  std::uint16_t sample = 0;
  std::memcpy(&sample, image.pixels.data() + 2 * index, sizeof sample);
  return sample;
}

// The gray that a tRNS chunk makes transparent; absent when libspng found no sound one.
std::optional<std::uint16_t> transparent_gray(spng_ctx* context) {
  spng_trns transparency{};
  if (spng_get_trns(context, &transparency) != 0) return std::nullopt;
  return transparency.gray;
}

// From 16 bits in the machine's order to their upper 8.
void reduce_deep_gray(Image& image, const PngLayout& layout, std::optional<std::uint16_t> transparent) {
  const std::size_t samples = static_cast<std::size_t>(image.width) * image.height * stored_channels(layout.color_type);
  std::uint8_t* out = image.pixels.data();
  for (std::size_t i = 0; i < samples; ++i) {
    const std::uint16_t sample = sample_at(image, i);
    *out++ = static_cast<std::uint8_t>(sample >> 8U);
    if (layout.transparency) *out++ = sample == transparent ? 0 : 255;
  }
  image.pixels.resize(static_cast<std::size_t>(out - image.pixels.data()));
}

Result<Image> decode_png(ByteView bytes, const PngLayout& layout) {
  if (std::optional<Image> small = decode_small_png(bytes, layout)) return *std::move(small);
  // Deflate makes at most 1,032 bytes of one, so fewer cannot hold the picture: nothing need be allocated to know.
  if (inflated_bytes(layout) / 1032 > bytes.size()) {
    return undecodable(fmt::format("its {} bytes are too few for {} x {} pixels", bytes.size(), layout.header.width,
                                   layout.header.height));
  }
  const std::unique_ptr<spng_ctx, ContextDeleter> context(spng_ctx_new(0));
  if (!context) throw std::bad_alloc();
  ChunkFilter filter(bytes);
  spng_set_png_stream(context.get(), &ChunkFilter::read, &filter);

  const int channels = decoded_channels(layout);
  Image image{.width = layout.header.width, .height = layout.header.height, .channels = channels, .pixels = {}};
  const std::size_t size = image.row_bytes() * static_cast<std::size_t>(image.height);
  image.pixels.resize(is_deep_gray(layout) && !layout.transparency ? 2 * size : size);
  int status = spng_decode_image(context.get(), image.pixels.data(), image.pixels.size(), output_format(layout),
                                 layout.transparency ? SPNG_DECODE_TRNS : 0);
  // The checksum of the last IDAT stands behind it, and the end must be there.
  if (status == 0) status = spng_decode_chunks(context.get());
  if (status != 0) return undecodable(spng_strerror(status));
  if (is_deep_gray(layout)) reduce_deep_gray(image, layout, transparent_gray(context.get()));
  return image;
}

bool is_png(ByteView bytes) { return as_text(bytes).starts_with("\x89PNG\r\n\x1a\n"); }

constexpr std::string_view kEndings[] = {"png"};

}  // namespace

Result<PngLayout> inspect_png(ByteView bytes) {
  Result<PngLayout> layout = read_ihdr(bytes);
  if (!layout) return layout;
  if (Result<void> found = find_data(bytes, *layout); !found) return forward_error(found);
  layout->header.memory = memory_for(*layout);
  return layout;
}

constinit const Format kPng{.name = "PNG",
                            .media_type = "image/png",
                            .endings = kEndings,
                            .sniff = is_png,
                            .open = open_whole<PngLayout, inspect_png, decode_png>};

}  // namespace vidi::image
