#pragma once
// A picture file that is opened once: its format is told and its header is read when it is opened, and whoever asks for
// its size or its pixels afterwards does not read them again.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/formats.hpp"
#include "image/image.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {

struct DecodeLimits {
  std::size_t max_bytes = 32U << 20U;     // of the file
  std::uint64_t max_pixels = 64'000'000;  // width times height
  std::size_t max_memory = 512U << 20U;   // bytes that decoding one picture may allocate, an estimate made before
};

// A picture that may be smaller than its file says.
struct ScaledImage {
  Image image;
  int full_width = 0;  // of the upright picture in the file
  int full_height = 0;
};

// Thread-safe. It owns no bytes. Requires: the bytes that it was opened with outlive it, at the same address.
class PictureFile {
 public:
  // Errors: unsupported_media (no known format, or a document), undecodable (a header that is cut or makes no sense),
  // too_large (the file or its pixels are over a limit; the message names the value and the limit).
  static Result<PictureFile> open(ByteView bytes, const DecodeLimits& limits);

  // The same for bytes whose format has been told already, or for a text that may begin with anything.
  static Result<PictureFile> open(ByteView bytes, const Format& format, const DecodeLimits& limits);

  [[nodiscard]] const Format& format() const { return *format_; }

  // Its memory is that of decode_scaled(enough); with kWholeSize that of decode(). Error: too_large (that memory).
  [[nodiscard]] Result<Header> header(int enough = kWholeSize) const;

  // The whole picture, upright: JPEG's EXIF orientation is applied, an animated GIF gives its first frame. Alpha is
  // kept: see flatten(). 16-bit channels are reduced to 8, palettes and CMYK become RGB.
  // Errors: as header(), and undecodable for damaged or truncated data.
  [[nodiscard]] Result<Image> decode() const;

  // As decode(), for callers who need no more than `enough` pixels on the longer side: a JPEG is decoded at 1/2, 1/4 or
  // 1/8 of its size when its longer side does not fall below `enough` by that, in a fraction of the time and memory.
  // Other formats are decoded whole.
  [[nodiscard]] Result<ScaledImage> decode_scaled(int enough) const;

 private:
  PictureFile(const Format& format, std::unique_ptr<const PictureReader> reader, std::size_t max_memory);

  const Format* format_;
  std::unique_ptr<const PictureReader> reader_;
  std::size_t max_memory_;
};

}  // namespace vidi::image
