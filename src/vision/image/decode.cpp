#include "image/decode.hpp"

namespace vidi::image {

Result<Header> read_header(ByteView bytes, const DecodeLimits& limits, int enough) {
  const Result<PictureFile> file = PictureFile::open(bytes, limits);
  if (!file) return forward_error(file);
  return file->header(enough);
}

Result<Image> decode(ByteView bytes, const DecodeLimits& limits) {
  const Result<PictureFile> file = PictureFile::open(bytes, limits);
  if (!file) return forward_error(file);
  return file->decode();
}

Result<ScaledImage> decode_scaled(ByteView bytes, int enough, const DecodeLimits& limits) {
  const Result<PictureFile> file = PictureFile::open(bytes, limits);
  if (!file) return forward_error(file);
  return file->decode_scaled(enough);
}

Result<Image> decode_as(const Format& format, ByteView bytes, const DecodeLimits& limits) {
  const Result<PictureFile> file = PictureFile::open(bytes, format, limits);
  if (!file) return forward_error(file);
  return file->decode();
}

}  // namespace vidi::image
