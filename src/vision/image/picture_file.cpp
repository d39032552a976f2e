#include "image/picture_file.hpp"

#include <fmt/format.h>

#include <utility>

namespace vidi::image {
namespace {

Result<void> check_bytes(ByteView bytes, const DecodeLimits& limits) {
  if (bytes.size() <= limits.max_bytes) return {};
  return fail(ErrorCode::too_large,
              fmt::format("The picture file has {} bytes; at most {} are allowed.", bytes.size(), limits.max_bytes));
}

Result<void> check_pixels(const Header& header, const DecodeLimits& limits) {
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  if (pixels <= limits.max_pixels) return {};
  return fail(ErrorCode::too_large, fmt::format("The picture is {} x {}, which is {} pixels; at most {} are allowed.",
                                                header.width, header.height, pixels, limits.max_pixels));
}

std::unexpected<Error> unknown_format(ByteView bytes) {
  return fail(ErrorCode::unsupported_media,
              fmt::format("The file is {}: expected {}.", bytes.empty() ? "empty" : "no picture that can be read",
                          expected_formats({FormatKind::picture, FormatKind::text})));
}

}  // namespace

PictureFile::PictureFile(const Format& format, std::unique_ptr<const PictureReader> reader, std::size_t max_memory)
    : format_(&format), reader_(std::move(reader)), max_memory_(max_memory) {}

Result<PictureFile> PictureFile::open(ByteView bytes, const DecodeLimits& limits) {
  if (Result<void> checked = check_bytes(bytes, limits); !checked) return forward_error(checked);
  const Format* format = sniff(bytes);
  if (format == nullptr) return unknown_format(bytes);
  return open(bytes, *format, limits);
}

Result<PictureFile> PictureFile::open(ByteView bytes, const Format& format, const DecodeLimits& limits) {
  if (Result<void> checked = check_bytes(bytes, limits); !checked) return forward_error(checked);
  if (format.kind == FormatKind::document) {
    return fail(ErrorCode::unsupported_media,
                fmt::format("The file is a {}, whose pages are pictures; a single picture is expected.", format.name));
  }
  Result<std::unique_ptr<PictureReader>> reader = format.open(bytes);
  if (!reader) return forward_error(reader);
  if (Result<void> checked = check_pixels((*reader)->header(kWholeSize), limits); !checked) {
    return forward_error(checked);
  }
  return PictureFile(format, std::move(*reader), limits.max_memory);
}

Result<Header> PictureFile::header(int enough) const {
  const Header header = reader_->header(enough);
  if (header.memory <= max_memory_) return header;
  return fail(ErrorCode::too_large,
              fmt::format("Decoding the {} picture of {} x {} takes {} bytes of memory; at most {} are allowed.",
                          format_->name, header.width, header.height, header.memory, max_memory_));
}

Result<ScaledImage> PictureFile::decode_scaled(int enough) const {
  const Result<Header> checked = header(enough);
  if (!checked) return forward_error(checked);
  Result<Image> image = reader_->decode(enough);
  if (!image) return forward_error(image);
  return ScaledImage{std::move(*image), checked->width, checked->height};
}

Result<Image> PictureFile::decode() const {
  Result<ScaledImage> decoded = decode_scaled(kWholeSize);
  if (!decoded) return forward_error(decoded);
  return std::move(decoded->image);
}

}  // namespace vidi::image
