#include "augmentation/vary.hpp"

#include <algorithm>
#include <optional>

#include "augmentation/camera.hpp"
#include "augmentation/canvas.hpp"
#include "augmentation/cutout.hpp"
#include "augmentation/ground.hpp"
#include "augmentation/object.hpp"
#include "core/random.hpp"
#include "image/resample.hpp"

namespace vidi::augmentation {
namespace {

constexpr int kEnough = 2;  // a picture larger than so many times the variant is made smaller first

// 3 channels, or 4 when something is transparent.
image::Image in_color(const image::Image& picture) {
  const bool clear = picture.channels % 2 == 0;
  const std::size_t last = static_cast<std::size_t>(picture.channels) - 1;
  const auto step = static_cast<std::size_t>(picture.channels);
  bool keeps = false;
  for (std::size_t i = last; clear && !keeps && i < picture.pixels.size(); i += step) keeps = picture.pixels[i] < 255;
  image::Image result = image::make_image(picture.width, picture.height, keeps ? 4 : 3);
  const auto channels = static_cast<std::size_t>(result.channels);
  for (std::size_t from = 0, to = 0; from < picture.pixels.size(); from += step, to += channels) {
    for (std::size_t c = 0; c < 3; ++c) result.pixels[to + c] = picture.pixels[from + (step >= 3 ? c : 0)];
    if (keeps) result.pixels[to + 3] = picture.pixels[from + last];
  }
  return result;
}

image::Image no_larger(image::Image picture, int side) {
  const int longer = std::max(picture.width, picture.height);
  if (longer <= side) return picture;
  const auto shrunk = [&](int pixels) {
    return std::max(1, static_cast<int>(static_cast<std::int64_t>(pixels) * side / longer));
  };
  return image::resample(picture, shrunk(picture.width), shrunk(picture.height), image::Filter::box);
}

void mirror(Canvas& canvas) {
  for (Plane& plane : canvas.planes) {
    for (int y = 0; y < canvas.height; ++y) {
      const auto row = plane.begin() + static_cast<std::ptrdiff_t>(y) * canvas.width;
      std::reverse(row, row + canvas.width);
    }
  }
}

// A part of the picture of at least half of each side.
Canvas part_of(Random& random, const image::Image& picture, const VaryOptions& options) {
  const double wide = picture.width * random.uniform(0.6, 1);
  const double high = std::min<double>(picture.height, picture.height * wide / picture.width * factor(random, 0.1));
  const double left = random.uniform(0, picture.width - wide);
  const double top = random.uniform(0, picture.height - high);
  return from_image(image::resample(picture, options.width, options.height, image::Filter::bicubic,
                                    {.left = left, .top = top, .right = left + wide, .bottom = top + high}));
}

}  // namespace

image::Image vary(const image::Image& picture, std::uint64_t seed, const VaryOptions& options) {
  Random random(seed);
  const image::Image color = no_larger(in_color(picture), kEnough * std::max(options.width, options.height));
  Canvas canvas;
  if (const std::optional<image::Image> object = cut_out(color)) {
    canvas = make_ground(random, options.width, options.height);
    place_object(random, *object, options, canvas);
  } else {
    canvas = part_of(random, image::flatten(color), options);
    if (random.chance(0.5)) mirror(canvas);
  }
  photograph(random, options, canvas);
  return to_image(canvas);
}

image::Image background(std::uint64_t seed, const VaryOptions& options) {
  Random random(seed);
  Canvas canvas = make_ground(random, options.width, options.height);
  photograph(random, options, canvas);
  return to_image(canvas);
}

}  // namespace vidi::augmentation
