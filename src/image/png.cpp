// PNG (W3C Recommendation, third edition), decoded by libspng.

#include <spng.h>

#include <memory>

#include "image/codecs.hpp"

namespace vidi::image {
namespace {

// Text, profiles and other chunks beside the pixels are not used; so much of them may be held while they are passed
// over.
constexpr std::size_t kMaxChunk = 1U << 20U;
constexpr std::size_t kMaxChunks = 4U << 20U;
// libspng's own state: zlib's window and two rows come on top of the pixels.
constexpr std::size_t kOverhead = 128U << 10U;

using Context = std::unique_ptr<spng_ctx, decltype(&spng_ctx_free)>;

struct Layout {
  int channels = 0;
  int format = 0;    // libspng's output format
  int produced = 0;  // channels that libspng writes in that format
};

// libspng writes one channel only for 8 bits or fewer; it reduces 16 bits to 8 only as red, green, blue and alpha.
Layout layout_of(const spng_ihdr& header, bool transparent) {
  const bool deep = header.bit_depth == 16;
  switch (header.color_type) {
    case SPNG_COLOR_TYPE_GRAYSCALE:
      if (transparent || deep) return {transparent ? 2 : 1, SPNG_FMT_RGBA8, 4};
      return {1, SPNG_FMT_G8, 1};
    case SPNG_COLOR_TYPE_GRAYSCALE_ALPHA:
      return {2, SPNG_FMT_RGBA8, 4};
    case SPNG_COLOR_TYPE_TRUECOLOR:
    case SPNG_COLOR_TYPE_INDEXED:
      if (transparent) return {4, SPNG_FMT_RGBA8, 4};
      return {3, SPNG_FMT_RGB8, 3};
    default:
      return {4, SPNG_FMT_RGBA8, 4};
  }
}

// From red, green, blue, alpha to grey, or grey and alpha.
void keep_grey(Image& image, int channels) {
  std::uint8_t* out = image.pixels.data();
  for (std::size_t in = 0; in < image.pixels.size(); in += 4) {
    *out++ = image.pixels[in];
    if (channels == 2) *out++ = image.pixels[in + 3];
  }
  image.pixels.resize(static_cast<std::size_t>(out - image.pixels.data()));
  image.channels = channels;
}

Result<spng_ihdr> open(const Context& context, ByteView bytes) {
  if (!context) return fail(ErrorCode::internal, "out of memory");
  // The limits on width and height are checked by the caller.
  spng_set_image_limits(context.get(), 0x7FFFFFFF, 0x7FFFFFFF);
  spng_set_chunk_limits(context.get(), kMaxChunk, kMaxChunks);
  spng_set_png_buffer(context.get(), bytes.data(), bytes.size());
  spng_ihdr header{};
  if (const int error = spng_get_ihdr(context.get(), &header); error != 0) {
    return damaged(Format::png, spng_strerror(error));
  }
  return header;
}

}  // namespace

Result<Header> read_png_header(ByteView bytes) {
  // The header is always the first chunk: eight bytes of signature, length, type, then width and height.
  const Context context(spng_ctx_new(0), &spng_ctx_free);
  const auto header = open(context, bytes);
  if (!header) return std::unexpected(header.error());
  Header result{Format::png, static_cast<int>(header->width), static_cast<int>(header->height), 0};
  result.memory = static_cast<std::size_t>(header->width) * header->height * 4 + kOverhead +
                  static_cast<std::size_t>(header->width) * 16;
  return result;
}

Result<Image> decode_png(ByteView bytes, const Header&) {
  const Context context(spng_ctx_new(0), &spng_ctx_free);
  const auto header = open(context, bytes);
  if (!header) return std::unexpected(header.error());
  spng_trns transparency{};
  const bool transparent = spng_get_trns(context.get(), &transparency) == 0;
  const Layout layout = layout_of(*header, transparent);
  Image image = make_image(static_cast<int>(header->width), static_cast<int>(header->height), layout.produced);
  if (const int error =
          spng_decode_image(context.get(), image.pixels.data(), image.pixels.size(), layout.format, SPNG_DECODE_TRNS);
      error != 0) {
    return damaged(Format::png, spng_strerror(error));
  }
  if (layout.channels != layout.produced) keep_grey(image, layout.channels);
  return image;
}

}  // namespace vidi::image
