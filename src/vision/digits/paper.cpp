#include "digits/paper.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

namespace vidi::digits {
namespace {

struct Opaque {
  double part = 0;       // of the picture, 0 to 1
  double deviation = 0;  // of its gray values
};

// What is not transparent, each pixel by its alpha.
Opaque measure_opaque(const image::Image& picture) {
  const auto channels = static_cast<std::size_t>(picture.channels);
  double weight = 0;
  double sum = 0;
  double squares = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); i += channels) {
    double gray = 0;
    for (std::size_t c = 0; c + 1 < channels; ++c) gray += picture.pixels[i + c];
    gray /= static_cast<double>(channels - 1);
    const double alpha = picture.pixels[i + channels - 1] / 255.0;
    weight += alpha;
    sum += alpha * gray;
    squares += alpha * gray * gray;
  }
  if (weight == 0) return {};
  const double mean = sum / weight;
  return {weight * static_cast<double>(channels) / static_cast<double>(picture.pixels.size()),
          std::sqrt(std::max(0.0, squares / weight - mean * mean))};
}

}  // namespace

image::Image on_paper(image::Image picture) {
  if (picture.channels != 2 && picture.channels != 4) return picture;
  const Opaque opaque = measure_opaque(picture);
  constexpr double kOneColor = 24;
  constexpr double kMostInk = 0.7;
  if (opaque.part == 0 || opaque.part > kMostInk || opaque.deviation > kOneColor) {
    return image::flatten(std::move(picture));
  }
  const auto channels = static_cast<std::size_t>(picture.channels);
  image::Image result = image::make_image(picture.width, picture.height, 1);
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    result.pixels[i] = static_cast<std::uint8_t>(255 - picture.pixels[i * channels + channels - 1]);
  }
  return result;
}

}  // namespace vidi::digits
