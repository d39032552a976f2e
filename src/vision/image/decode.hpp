#pragma once
// From the bytes of a picture file to pixels in one call, for callers who have only one question to ask of it; others
// open a PictureFile. The content decides what a file is, never its name. Thread-safe.

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/formats.hpp"
#include "image/image.hpp"
#include "image/picture_file.hpp"

namespace vidi::image {

// Errors: those of PictureFile::open() and header().
Result<Header> read_header(ByteView bytes, const DecodeLimits& limits, int enough = kWholeSize);

// Errors of these: those of PictureFile::open() and decode().
Result<Image> decode(ByteView bytes, const DecodeLimits& limits = {});
Result<ScaledImage> decode_scaled(ByteView bytes, int enough, const DecodeLimits& limits = {});

// Bytes that should be of that format, whatever they begin with: the error says what is wrong with them as such.
Result<Image> decode_as(const Format& format, ByteView bytes, const DecodeLimits& limits = {});

}  // namespace vidi::image
