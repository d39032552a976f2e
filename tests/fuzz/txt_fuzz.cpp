// Any bytes as a picture written in numbers: what is read is 28x28, and reads the same when it is written again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "image/decode.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vidi;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  const Result<image::Image> decoded = image::decode_as(image::kTxt, bytes);
  if (!decoded) {
    require(!decoded.error().message.empty() && decoded.error().message.size() < 300);
    for (const char c : decoded.error().message) require(c >= ' ' && c <= '~');
    return 0;
  }
  require(decoded->width == 28 && decoded->height == 28 && decoded->channels == 1 && decoded->pixels.size() == 784);
  std::string text;
  for (const std::uint8_t value : decoded->pixels) text += std::to_string(value / 255.0) + "\n";
  require(image::decode(as_bytes(text)) == *decoded);
  return 0;
}
