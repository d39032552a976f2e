#pragma once
// What a variant is drawn on.

#include <array>
#include <span>
#include <vector>

#include "core/random.hpp"
#include "image/image.hpp"

namespace vidi::augmentation {

using Color = std::array<float, 3>;  // red, green, blue, 0 to 255
using Plane = std::vector<float>;    // a value for each pixel, in rows

// The next integer below; std::floor is a function call where the processor is not known to have an instruction for it.
inline int below(float value) {
  const int cut = static_cast<int>(value);
  return value < static_cast<float>(cut) ? cut - 1 : cut;
}

// Red, green and blue, meant to be 0 to 255; what is outside is cut off when it becomes an image.
struct Canvas {
  int width = 0;
  int height = 0;
  std::array<Plane, 3> planes;

  // What sizes are relative to, so that a variant looks the same in every resolution.
  [[nodiscard]] float unit() const { return static_cast<float>(width < height ? width : height); }
};

// All of one color.
Canvas make_canvas(int width, int height, const Color& color);

// Each pixel between two colors: `first` where `share` is 0, `second` where it is 1.
Canvas mix(int width, int height, const Plane& share, const Color& first, const Color& second);

Canvas from_image(const image::Image& picture);  // 3 channels
image::Image to_image(const Canvas& canvas);     // 3 channels

// Blurs by about a Gaussian of that deviation, in pixels. The edges are continued.
void blur(Plane& plane, int width, int height, double deviation);
void blur(Canvas& canvas, double deviation);

// In pixels; the long radius lies along the direction (cosine, sine).
struct Ellipse {
  float x = 0, y = 0;
  float long_radius = 1, short_radius = 1;
  float cosine = 1, sine = 0;
};

// Filled, with a soft edge of about a pixel.
void draw(Canvas& canvas, const Ellipse& ellipse, const Color& color);

// A leaf: pointed ellipse with a lighter vein.
void draw_leaf(Canvas& canvas, const Ellipse& ellipse, const Color& color);

// Multiplies every value by 1 - strength inside, by less towards the edge.
void shade(Canvas& canvas, const Ellipse& ellipse, float strength);

// A direction in the plane, equally probable all around.
struct Direction {
  float cosine = 1, sine = 0;
};
Direction any_direction(Random& random);
Direction near_upright(Random& random);  // at most about 40 degrees from (1, 0)

// Of mean 0 and deviation 1, between -3 and 3: the sum of three uniform values. Unlike Random::normal() it needs no
// function whose last digit depends on the machine.
float bell(Random& random);

// Equally probable from `low` to `high`.
float between(Random& random, double low, double high);

// A factor around 1, as often x as 1 / x; `strength` is about its usual distance from 1.
float factor(Random& random, double strength);

// A color as things around fruit have it: grays, browns, greens, or any.
Color any_color(Random& random);
Color leaf_color(Random& random);
Color wood_color(Random& random);
Color scaled(const Color& color, float by);

}  // namespace vidi::augmentation
