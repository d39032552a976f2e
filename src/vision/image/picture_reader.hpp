#pragma once
// What one format makes of one file: each format's file derives a reader, or describes its layout and takes
// WholeReader.

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::image {

// What a file says of itself before any pixel is allocated.
struct Header {
  int width = 0;  // as displayed: after the EXIF orientation is applied
  int height = 0;
  std::size_t memory = 0;  // bytes that decoding it will allocate at most
};

// The side that every picture falls short of: it is decoded pixel for pixel.
constexpr int kWholeSize = std::numeric_limits<int>::max();

// A file whose header has been read. Thread-safe. Requires: the file's bytes outlive it.
class PictureReader {
 public:
  PictureReader() = default;
  PictureReader(const PictureReader&) = delete;
  PictureReader(PictureReader&&) = delete;
  PictureReader& operator=(const PictureReader&) = delete;
  PictureReader& operator=(PictureReader&&) = delete;
  virtual ~PictureReader() = default;

  // The size of the whole picture, and the memory of decode(enough).
  [[nodiscard]] virtual Header header(int enough) const = 0;

  // The picture, upright, with at least `enough` pixels on its longer side unless it has fewer. Error: undecodable.
  // Requires: header(enough) is within the limits.
  [[nodiscard]] virtual Result<Image> decode(int enough) const = 0;
};

template <typename Layout>
concept PictureLayout = requires(const Layout& layout) {
  { layout.header } -> std::convertible_to<const Header&>;
};

// For formats whose pictures are always decoded whole.
template <PictureLayout Layout, Result<Image> (*kDecode)(ByteView bytes, const Layout& layout)>
class WholeReader final : public PictureReader {
 public:
  WholeReader(ByteView bytes, const Layout& layout) : bytes_(bytes), layout_(layout) {}

  [[nodiscard]] Header header(int /*enough*/) const override { return layout_.header; }
  [[nodiscard]] Result<Image> decode(int /*enough*/) const override { return kDecode(bytes_, layout_); }

 private:
  const ByteView bytes_;
  const Layout layout_;
};

// Format::open of such a format.
template <PictureLayout Layout, Result<Layout> (*kInspect)(ByteView bytes),
          Result<Image> (*kDecode)(ByteView bytes, const Layout& layout)>
Result<std::unique_ptr<PictureReader>> open_whole(ByteView bytes) {
  const Result<Layout> layout = kInspect(bytes);
  if (!layout) return forward_error(layout);
  return std::make_unique<WholeReader<Layout, kDecode>>(bytes, *layout);
}

}  // namespace vidi::image
