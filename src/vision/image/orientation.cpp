#include "image/orientation.hpp"

#include <string_view>

#include "image/integers.hpp"

namespace vidi::image {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112;
constexpr std::uint32_t kShort = 3;  // TIFF's type of 16-bit numbers
constexpr std::size_t kEntryBytes = 12;

// Numbers of a TIFF structure in its own byte order.
class Tiff {
 public:
  explicit Tiff(ByteView bytes) : bytes_(bytes), big_endian_(as_text(bytes).starts_with("MM")) {}

  [[nodiscard]] bool holds(std::size_t at, std::size_t count) const { return image::holds(bytes_, at, count); }
  [[nodiscard]] std::uint32_t number16(std::size_t at) const {
    return big_endian_ ? big16(bytes_, at) : little16(bytes_, at);
  }
  [[nodiscard]] std::uint32_t number32(std::size_t at) const {
    return big_endian_ ? big32(bytes_, at) : little32(bytes_, at);
  }

 private:
  ByteView bytes_;
  bool big_endian_;
};

}  // namespace

int exif_orientation(ByteView segment) {
  constexpr std::string_view kSignature("Exif\0\0", 6);
  if (!as_text(segment).starts_with(kSignature)) return 1;
  const ByteView bytes = segment.subspan(kSignature.size());
  if (!as_text(bytes).starts_with("MM") && !as_text(bytes).starts_with("II")) return 1;
  const Tiff tiff(bytes);
  if (!tiff.holds(0, 8) || tiff.number16(2) != 42) return 1;
  const std::size_t directory = tiff.number32(4);
  if (!tiff.holds(directory, 2)) return 1;
  const std::size_t entries = tiff.number16(directory);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (!tiff.holds(entry, kEntryBytes)) return 1;
    if (tiff.number16(entry) != kOrientationTag) continue;
    const std::uint32_t value = tiff.number16(entry + 8);
    return tiff.number16(entry + 2) == kShort && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

RowPlace upright_place(int orientation, int stored_width, int stored_height, int row) {
  const std::ptrdiff_t width = stored_width;
  const std::ptrdiff_t height = stored_height;
  const std::ptrdiff_t y = row;
  switch (orientation) {
    case 2:
      return {.start = y * width + width - 1, .step = -1};
    case 3:
      return {.start = (height - y) * width - 1, .step = -1};
    case 4:
      return {.start = (height - 1 - y) * width, .step = 1};
    case 5:
      return {.start = y, .step = height};
    case 6:
      return {.start = height - 1 - y, .step = height};
    case 7:
      return {.start = width * height - 1 - y, .step = -height};
    case 8:
      return {.start = (width - 1) * height + y, .step = -height};
    default:
      return {.start = y * width, .step = 1};
  }
}

}  // namespace vidi::image
