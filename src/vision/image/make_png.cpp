#include "image/make_png.hpp"

#include <zlib.h>

namespace vidi::image {
namespace {

std::string big32(std::uint32_t value) {
  return {static_cast<char>(value >> 24U), static_cast<char>(value >> 16U), static_cast<char>(value >> 8U),
          static_cast<char>(value)};
}

const Bytef* bytes_of(std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); }

}  // namespace

std::string png_chunk(std::string_view type, std::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  const auto checksum = crc32(0, bytes_of(body), static_cast<uInt>(body.size()));
  return big32(static_cast<std::uint32_t>(data.size())) + body + big32(static_cast<std::uint32_t>(checksum));
}

std::string deflated(std::string_view data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size, bytes_of(data), data.size(), 9);
  out.resize(size);
  return out;
}

std::string make_png(std::uint32_t width, std::uint32_t height, std::string_view before_data, std::string_view data) {
  const std::string header = big32(width) + big32(height) + std::string("\x08\0\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + std::string(before_data) + png_chunk("IDAT", data) +
         png_chunk("IEND", "");
}

}  // namespace vidi::image
