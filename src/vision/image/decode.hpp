#pragma once
// From the bytes of a picture file to pixels. The content decides what a file is, never its name.
// Every function may be called from several threads.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::image {

// A PDF holds pages, which documents/pdf.hpp renders; the others are one picture each, a TXT one of 28x28 pixels
// written as 784 numbers.
enum class Format { png, jpeg, gif, bmp, txt, pdf };

std::string_view name(Format format);        // "PNG"
std::string_view media_type(Format format);  // "image/png"

struct DecodeLimits {
  std::size_t max_bytes = 32U << 20U;     // of the file
  std::uint64_t max_pixels = 64'000'000;  // width times height
  std::size_t max_memory = 512U << 20U;   // bytes that decoding one picture may allocate, an estimate made before
};

// What a file says of itself before any pixel is allocated.
struct Header {
  Format format = Format::png;
  int width = 0;  // as displayed: after the EXIF orientation is applied
  int height = 0;
  std::size_t memory = 0;  // bytes that decoding it will allocate at most
};

// The side that every picture falls short of: it is decoded pixel for pixel.
constexpr int kWholeSize = std::numeric_limits<int>::max();

// Which format the bytes begin as; absent when it is none that vidi reads. A text is taken for a TXT when it begins
// with a number.
std::optional<Format> sniff(ByteView bytes);

// Errors: unsupported_media (no known format, or a PDF), undecodable (a header that is cut or makes no sense),
// too_large (over a limit; the message names the value and the limit). `enough`: as for decode_scaled(), whose memory
// is then told; kWholeSize tells decode()'s.
Result<Header> read_header(ByteView bytes, const DecodeLimits& limits, int enough = kWholeSize);

// The whole picture, upright: JPEG's EXIF orientation is applied, an animated GIF gives its first frame. Alpha is kept:
// see flatten(). 16-bit channels are reduced to 8, palettes and CMYK become RGB.
// Errors: as read_header, and undecodable for damaged or truncated data.
Result<Image> decode(ByteView bytes, const DecodeLimits& limits = {});

// A picture that may be smaller than its file says.
struct ScaledImage {
  Image image;
  int full_width = 0;  // of the upright picture in the file
  int full_height = 0;
};

// As decode(), for whom `enough` pixels on the longer side will do: a JPEG is decoded at 1/2, 1/4 or 1/8 of its size
// when its longer side does not fall below `enough` by that, in a fraction of the time and memory. Other formats are
// decoded whole.
Result<ScaledImage> decode_scaled(ByteView bytes, int enough, const DecodeLimits& limits = {});

// What decode() makes of a TXT, for a text that may begin with anything. Error undecodable: it says what was found and
// what is expected.
Result<Image> decode_txt(ByteView bytes);

}  // namespace vidi::image
