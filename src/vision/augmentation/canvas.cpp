#include "augmentation/canvas.hpp"

#include <algorithm>
#include <cmath>

namespace vidi::augmentation {
namespace {

// One pass of a box of 2 * radius + 1 along rows.
void box_rows(Plane& plane, int width, int height, int radius) {
  const float share = 1.0F / static_cast<float>(2 * radius + 1);
  Plane padded(static_cast<std::size_t>(width) + 2 * static_cast<std::size_t>(radius) + 1);
  for (int y = 0; y < height; ++y) {
    float* row = plane.data() + static_cast<std::ptrdiff_t>(y) * width;
    std::fill_n(padded.begin(), radius + 1, row[0]);
    std::copy_n(row, width, padded.begin() + radius + 1);
    std::fill_n(padded.end() - radius, radius, row[width - 1]);
    float sum = 0;
    for (int x = 0; x <= 2 * radius; ++x) sum += padded[static_cast<std::size_t>(x)];
    const float* removed = padded.data();
    const float* added = removed + static_cast<std::ptrdiff_t>(2 * radius) + 1;
    for (int x = 0; x < width; ++x) {
      sum += added[x] - removed[x];
      row[x] = sum * share;
    }
  }
}

void box_columns(Plane& plane, int width, int height, int radius) {
  const float share = 1.0F / static_cast<float>(2 * radius + 1);
  const Plane before = plane;
  const auto row = [&](int y) {
    return before.data() + static_cast<std::ptrdiff_t>(std::clamp(y, 0, height - 1)) * width;
  };
  Plane sums(static_cast<std::size_t>(width), 0.0F);
  for (int y = -radius - 1; y < radius; ++y) {
    const float* added = row(y);
    for (int x = 0; x < width; ++x) sums[static_cast<std::size_t>(x)] += added[x];
  }
  for (int y = 0; y < height; ++y) {
    const float* added = row(y + radius);
    const float* removed = row(y - radius - 1);
    float* to = plane.data() + static_cast<std::ptrdiff_t>(y) * width;
    for (int x = 0; x < width; ++x) {
      sums[static_cast<std::size_t>(x)] += added[x] - removed[x];
      to[x] = sums[static_cast<std::size_t>(x)] * share;
    }
  }
}

// Weights (side, 1 - 2 side, side) along rows and columns.
void three_taps(Plane& plane, int width, int height, float side) {
  Plane before = plane;
  for (int y = 0; y < height; ++y) {
    const float* from = before.data() + static_cast<std::ptrdiff_t>(y) * width;
    float* to = plane.data() + static_cast<std::ptrdiff_t>(y) * width;
    for (int x = 1; x + 1 < width; ++x) to[x] = from[x] + side * (from[x - 1] - 2 * from[x] + from[x + 1]);
  }
  before = plane;
  for (int y = 1; y + 1 < height; ++y) {
    const float* from = before.data() + static_cast<std::ptrdiff_t>(y) * width;
    float* to = plane.data() + static_cast<std::ptrdiff_t>(y) * width;
    for (int x = 0; x < width; ++x) to[x] = from[x] + side * (from[x - width] - 2 * from[x] + from[x + width]);
  }
}

// Calls use(x, y, along, across) for the pixels of the canvas in the ellipse's box stretched by `margin` pixels;
// along and across are the place relative to the radii.
template <typename Use>
void each_pixel(const Canvas& canvas, const Ellipse& ellipse, float margin, const Use& use) {
  const float wide = std::sqrt(ellipse.cosine * ellipse.cosine * ellipse.long_radius * ellipse.long_radius +
                               ellipse.sine * ellipse.sine * ellipse.short_radius * ellipse.short_radius);
  const float high = std::sqrt(ellipse.sine * ellipse.sine * ellipse.long_radius * ellipse.long_radius +
                               ellipse.cosine * ellipse.cosine * ellipse.short_radius * ellipse.short_radius);
  const auto within = [](float value, int bound) {
    return static_cast<int>(std::clamp(std::floor(value), 0.0F, static_cast<float>(bound)));
  };
  const int top = within(ellipse.y - high - margin, canvas.height);
  const int bottom = within(ellipse.y + high + margin + 1, canvas.height);
  const int left = within(ellipse.x - wide - margin, canvas.width);
  const int right = within(ellipse.x + wide + margin + 1, canvas.width);
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const float dx = static_cast<float>(x) + 0.5F - ellipse.x;
      const float dy = static_cast<float>(y) + 0.5F - ellipse.y;
      use(static_cast<std::size_t>(y) * static_cast<std::size_t>(canvas.width) + static_cast<std::size_t>(x),
          (dx * ellipse.cosine + dy * ellipse.sine) / ellipse.long_radius,
          (dy * ellipse.cosine - dx * ellipse.sine) / ellipse.short_radius);
    }
  }
}

void lay(Canvas& canvas, std::size_t at, const Color& color, float share) {
  for (std::size_t c = 0; c < 3; ++c) canvas.planes[c][at] += (color[c] - canvas.planes[c][at]) * share;
}

}  // namespace

Canvas make_canvas(int width, int height, const Color& color) {
  Canvas canvas{.width = width, .height = height, .planes = {}};
  const std::size_t pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  for (std::size_t c = 0; c < 3; ++c) canvas.planes[c].assign(pixels, color[c]);
  return canvas;
}

Canvas mix(int width, int height, const Plane& share, const Color& first, const Color& second) {
  Canvas canvas{.width = width, .height = height, .planes = {}};
  for (std::size_t c = 0; c < 3; ++c) {
    Plane& plane = canvas.planes[c];
    plane.resize(share.size());
    for (std::size_t i = 0; i < share.size(); ++i) {
      plane[i] = first[c] + (second[c] - first[c]) * std::clamp(share[i], 0.0F, 1.0F);
    }
  }
  return canvas;
}

Canvas from_image(const image::Image& picture) {
  Canvas canvas{.width = picture.width, .height = picture.height, .planes = {}};
  for (std::size_t c = 0; c < 3; ++c) {
    Plane& plane = canvas.planes[c];
    plane.resize(picture.pixels.size() / 3);
    for (std::size_t i = 0; i < plane.size(); ++i) plane[i] = picture.pixels[i * 3 + c];
  }
  return canvas;
}

image::Image to_image(const Canvas& canvas) {
  image::Image picture = image::make_image(canvas.width, canvas.height, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    const Plane& plane = canvas.planes[c];
    for (std::size_t i = 0; i < plane.size(); ++i) {
      picture.pixels[i * 3 + c] = static_cast<std::uint8_t>(std::clamp(plane[i] + 0.5F, 0.0F, 255.0F));
    }
  }
  return picture;
}

void blur(Plane& plane, int width, int height, double deviation) {
  const double variance = deviation * deviation;
  if (variance <= 0) return;
  // A three-tap pass has the variance 2 * side, two passes of a box have 2 * radius * (radius + 1) / 3.
  if (variance < 1.3) {
    const int passes = variance <= 0.5 ? 1 : 3;
    for (int pass = 0; pass < passes; ++pass)
      three_taps(plane, width, height, static_cast<float>(variance / 2 / passes));
    return;
  }
  const int radius = std::max(1, static_cast<int>(std::lround((std::sqrt(1 + 6 * variance) - 1) / 2)));
  for (int pass = 0; pass < 2; ++pass) {
    box_rows(plane, width, height, radius);
    box_columns(plane, width, height, radius);
  }
}

void blur(Canvas& canvas, double deviation) {
  for (Plane& plane : canvas.planes) blur(plane, canvas.width, canvas.height, deviation);
}

void draw(Canvas& canvas, const Ellipse& ellipse, const Color& color) {
  each_pixel(canvas, ellipse, 1, [&](std::size_t at, float along, float across) {
    // (1 - distance^2) * radius / 2 is nearly the distance from the edge, in pixels.
    const float inside = (1 - along * along - across * across) * ellipse.short_radius * 0.5F + 0.5F;
    if (inside > 0) lay(canvas, at, color, std::min(inside, 1.0F));
  });
}

void draw_leaf(Canvas& canvas, const Ellipse& ellipse, const Color& color) {
  const float vein = 1.2F / ellipse.short_radius;
  each_pixel(canvas, ellipse, 1, [&](std::size_t at, float along, float across) {
    const float half = 1 - along * along;  // two parabolas that meet in points
    const float inside = (half - std::abs(across)) * ellipse.short_radius + 0.5F;
    if (inside <= 0) return;
    // Lighter at the vein, darker on one half, as a bent leaf is.
    const float tone = std::abs(across) < vein ? 1.25F : 0.9F + 0.12F * across;
    lay(canvas, at, scaled(color, tone), std::min(inside, 1.0F));
  });
}

void shade(Canvas& canvas, const Ellipse& ellipse, float strength) {
  each_pixel(canvas, ellipse, 0, [&](std::size_t at, float along, float across) {
    const float inside = 1 - along * along - across * across;
    if (inside <= 0) return;
    const float left = 1 - strength * inside * (2 - inside);
    for (Plane& plane : canvas.planes) plane[at] *= left;
  });
}

Direction any_direction(Random& random) {
  while (true) {
    const double x = random.uniform(-1, 1);
    const double y = random.uniform(-1, 1);
    const double square = x * x + y * y;
    if (square > 1 || square < 1e-4) continue;
    const double length = std::sqrt(square);
    return {static_cast<float>(x / length), static_cast<float>(y / length)};
  }
}

Direction near_upright(Random& random) {
  // With t the tangent of half the angle: ((1 - t^2), 2 t) / (1 + t^2).
  const float t = 0.12F * bell(random);
  return {(1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)};
}

float bell(Random& random) {
  double sum = 0;
  for (int i = 0; i < 3; ++i) sum += random.uniform();
  return static_cast<float>(2 * sum - 3);  // the variance of a uniform value is 1 / 12
}

float between(Random& random, double low, double high) { return static_cast<float>(random.uniform(low, high)); }

float factor(Random& random, double strength) {
  const float x = bell(random) * static_cast<float>(strength);
  return x >= 0 ? 1 + x : 1 / (1 - x);
}

Color leaf_color(Random& random) {
  return {static_cast<float>(random.uniform(20, 150)), static_cast<float>(random.uniform(70, 220)),
          static_cast<float>(random.uniform(10, 110))};
}

Color wood_color(Random& random) {
  const auto red = static_cast<float>(random.uniform(90, 230));
  return {red, red * static_cast<float>(random.uniform(0.6, 0.9)), red * static_cast<float>(random.uniform(0.3, 0.75))};
}

Color any_color(Random& random) {
  const double kind = random.uniform();
  if (kind < 0.25) {
    const auto gray = static_cast<float>(random.uniform(20, 255));
    return {gray + 10 * bell(random), gray + 10 * bell(random), gray + 10 * bell(random)};
  }
  if (kind < 0.45) return wood_color(random);
  if (kind < 0.62) return leaf_color(random);
  return {static_cast<float>(random.uniform(0, 255)), static_cast<float>(random.uniform(0, 255)),
          static_cast<float>(random.uniform(0, 255))};
}

Color scaled(const Color& color, float by) { return {color[0] * by, color[1] * by, color[2] * by}; }

}  // namespace vidi::augmentation
