// Any bytes as a picture: decoding must end, within its limits, and give the size that the header told.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "image/decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vidi;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const image::DecodeLimits limits{.max_bytes = 1U << 20U, .max_pixels = 250'000, .max_memory = 4U << 20U};
  const Result<image::ScaledImage> scaled = image::decode_scaled(bytes, 40, limits);
  if (scaled && (scaled->image.width > scaled->full_width || scaled->image.height > scaled->full_height)) std::abort();
  const Result<image::Header> header = image::read_header(bytes, limits);
  const Result<image::Image> decoded = image::decode(bytes, limits);
  if (!decoded) {
    if (decoded.error().message.empty()) std::abort();
    return 0;
  }
  if (!header || decoded->width != header->width || decoded->height != header->height) std::abort();
  if (decoded->pixels.size() != decoded->row_bytes() * decoded->height) std::abort();
  return 0;
}
