#pragma once
// A decoded picture.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vidi::image {

// Pixels in rows from top to bottom, each from left to right, channels interleaved, no padding, 8 bits a channel.
// Channels: 1 gray, 2 gray and alpha, 3 red green blue, 4 red green blue and alpha (not premultiplied).
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<std::uint8_t> pixels;  // width * height * channels

  [[nodiscard]] std::size_t row_bytes() const { return static_cast<std::size_t>(width) * channels; }
  [[nodiscard]] std::span<const std::uint8_t> row(int y) const {
    return {pixels.data() + static_cast<std::size_t>(y) * row_bytes(), row_bytes()};
  }
  [[nodiscard]] std::span<std::uint8_t> row(int y) {
    return {pixels.data() + static_cast<std::size_t>(y) * row_bytes(), row_bytes()};
  }

  bool operator==(const Image&) const = default;
};

// An image of that size with every channel 0.
Image make_image(int width, int height, int channels);

// The picture laid on a background of that gray (255: white); what has no alpha is returned unchanged.
// 2 channels become 1, 4 become 3.
Image flatten(Image image, std::uint8_t background = 255);

// One channel: ITU-R 601-2 luma as Pillow computes it, (19595 R + 38470 G + 7471 B + 0x8000) >> 16. The alpha channel,
// if there is one, must have been flattened before.
Image to_gray(Image image);

}  // namespace vidi::image
