#include "image/orientation.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace vidi::image {
namespace {

// Numbers of a TIFF structure in its own byte order; 0 outside of it.
class Tiff {
 public:
  explicit Tiff(ByteView bytes) : bytes_(bytes), big_endian_(as_text(bytes).starts_with("MM")) {}

  [[nodiscard]] std::uint32_t number(std::size_t position, std::size_t size) const {
    if (position > bytes_.size() || bytes_.size() - position < size) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = big_endian_ ? i : size - 1 - i;
      value = value << 8U | std::to_integer<std::uint32_t>(bytes_[position + at]);
    }
    return value;
  }

 private:
  ByteView bytes_;
  bool big_endian_;
};

struct Point {
  int x = 0;
  int y = 0;
};

// Where the pixel (x, y) of the upright picture stands in the stored one.
Point source_of(int x, int y, int width, int height, int orientation) {
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {y, height - 1 - x};
    case 7:
      return {width - 1 - y, height - 1 - x};
    case 8:
      return {width - 1 - y, x};
    default:
      return {x, y};
  }
}

}  // namespace

int exif_orientation(ByteView app1) {
  constexpr std::string_view kSignature("Exif\0\0", 6);
  if (!as_text(app1).starts_with(kSignature)) return 1;
  const ByteView bytes = app1.subspan(kSignature.size());
  const std::string_view order = as_text(bytes).substr(0, 2);
  if (order != "MM" && order != "II") return 1;
  const Tiff tiff(bytes);
  const std::size_t directory = tiff.number(4, 4);
  const std::uint32_t entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (tiff.number(entry, 2) != 0x0112) continue;
    const std::uint32_t value = tiff.number(entry + 8, 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image apply_orientation(Image image, int orientation) {
  if (orientation <= 1) return image;
  const bool swapped = swaps_sides(orientation);
  Image upright =
      make_image(swapped ? image.height : image.width, swapped ? image.width : image.height, image.channels);
  std::uint8_t* out = upright.pixels.data();
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {
      const Point from = source_of(x, y, image.width, image.height, orientation);
      const std::uint8_t* pixel = image.row(from.y).data() + static_cast<std::size_t>(from.x) * image.channels;
      out = std::copy_n(pixel, image.channels, out);
    }
  }
  return upright;
}

}  // namespace vidi::image
