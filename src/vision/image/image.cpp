#include "image/image.hpp"

#include <cassert>
#include <utility>

namespace vidi::image {
namespace {

// (value * alpha + background * (255 - alpha)) / 255, rounded.
std::uint8_t blend(unsigned value, unsigned alpha, unsigned background) {
  const unsigned sum = value * alpha + background * (255 - alpha) + 128;
  return static_cast<std::uint8_t>(((sum >> 8U) + sum) >> 8U);
}

}  // namespace

Image make_image(int width, int height, int channels) {
  assert(width >= 0 && height >= 0 && channels >= 0);
  Image image{.width = width, .height = height, .channels = channels, .pixels = {}};
  image.pixels.resize(image.row_bytes() * static_cast<std::size_t>(height));
  return image;
}

Image flatten(Image image, std::uint8_t background) {
  if (image.channels != 2 && image.channels != 4) return image;
  const int colors = image.channels - 1;
  const std::size_t count = static_cast<std::size_t>(image.width) * image.height;
  const std::uint8_t* in = image.pixels.data();
  std::uint8_t* out = image.pixels.data();
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned alpha = in[colors];
    for (int c = 0; c < colors; ++c) *out++ = blend(in[c], alpha, background);
    in += image.channels;
  }
  image.channels = colors;
  image.pixels.resize(count * colors);
  return image;
}

Image to_gray(Image image) {
  assert(image.channels == 1 || image.channels == 3);
  if (image.channels == 1) return image;
  const std::size_t count = static_cast<std::size_t>(image.width) * image.height;
  const std::uint8_t* in = image.pixels.data();
  for (std::size_t i = 0; i < count; ++i, in += 3) {
    image.pixels[i] = static_cast<std::uint8_t>((19595U * in[0] + 38470U * in[1] + 7471U * in[2] + 0x8000U) >> 16U);
  }
  image.channels = 1;
  image.pixels.resize(count);
  return image;
}

}  // namespace vidi::image
