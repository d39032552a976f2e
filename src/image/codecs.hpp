#pragma once
// The decoders of the single formats, one file each. decode.cpp chooses among them and keeps the limits.

#include "image/decode.hpp"

namespace vidi::image {

// Each reads what the file says of its size, allocating nothing of that size.
Result<Header> read_png_header(ByteView bytes);
Result<Header> read_jpeg_header(ByteView bytes);
Result<Header> read_gif_header(ByteView bytes);
Result<Header> read_bmp_header(ByteView bytes);

// Each decodes a file whose header has been checked against the limits.
Result<Image> decode_png(ByteView bytes, const Header& header);
Result<Image> decode_jpeg(ByteView bytes, const Header& header);
Result<Image> decode_gif(ByteView bytes, const Header& header);
Result<Image> decode_bmp(ByteView bytes, const Header& header);

// "the PNG is damaged: …"
std::unexpected<Error> damaged(Format format, std::string_view detail);

}  // namespace vidi::image
