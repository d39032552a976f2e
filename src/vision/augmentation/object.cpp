#include "augmentation/object.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "augmentation/noise.hpp"
#include "image/resample.hpp"

namespace vidi::augmentation {
namespace {

// Red, green and blue, multiplied by the fourth, which is how much of the pixel is covered, 0 to 1.
struct Layer {
  int width = 0;
  int height = 0;
  std::vector<std::array<float, 4>> pixels;
};

// One of the objects: its longer side and its middle, in pixels.
struct Spot {
  float size = 0;
  float x = 0, y = 0;
};

// The light that all objects of a picture share.
struct Light {
  Direction from;
  float brightness = 0;   // added to 1
  float gradient = 0;     // how much lighter the side towards the light is
  float gloss = 0;        // of the spot where the light is mirrored; 0: none
  float gloss_width = 0;  // as a part of the object
  float gloss_height = 0;
  float shadow = 0;
  float grain = 0;  // how much of a fine texture is added: the objects are enlarged, photos are not
  float sharpening = 0;
};

Light any_light(Random& random, const VaryOptions& options) {
  Light light;
  const auto strength = static_cast<float>(options.light);
  light.from = any_direction(random);
  light.brightness = strength * between(random, -0.35, 0.35);
  light.gradient = strength * between(random, 0, 0.8);
  if (random.chance(0.35 * std::min(options.light, 1.0))) light.gloss = between(random, 0.2, 0.8);
  light.gloss_width = between(random, 0.1, 0.3);
  light.gloss_height = between(random, 0.1, 0.3);
  light.shadow = between(random, 0.1, 0.65);
  if (random.chance(0.5 * std::min(options.camera, 1.0))) {
    light.sharpening = between(random, 0.3, 1.5);
    light.grain = between(random, 0, 0.25);
  }
  return light;
}

std::vector<Spot> any_spots(Random& random, const VaryOptions& options, const Canvas& canvas) {
  const float unit = canvas.unit();
  const auto width = static_cast<float>(canvas.width);
  const auto height = static_cast<float>(canvas.height);
  if (!random.chance(options.several)) {
    const bool cut = random.chance(0.2);  // so large that the picture's edges cut it
    const float size = cut ? between(random, options.largest, options.largest * 1.5)
                           : between(random, options.smallest, options.largest);
    // Wholly inside, or nearly, unless it is larger than the picture.
    const float margin = std::min(size * 0.4F, 0.5F);
    const auto middle = [&] { return std::clamp(between(random, 0.25, 0.75), margin, 1 - margin); };
    const float x = middle();
    return {{.size = size * unit, .x = x * width, .y = middle() * height}};
  }
  const bool few = random.chance(0.6);
  const int count = few ? random.integer(2, 3) : random.integer(4, 10);
  const float size = few ? between(random, 0.3, 0.65) : between(random, 0.22, 0.45);
  const float spread = random.chance(0.4) ? 0.75F : 1.0F;
  std::vector<Spot> spots;
  for (int i = 0; i < count; ++i) {
    const float x = (between(random, 0.15, 0.85) - 0.5F) * spread + 0.5F;
    const float y = (between(random, 0.15, 0.85) - 0.5F) * spread + 0.5F;
    spots.push_back({.size = size * between(random, 0.85, 1.15) * unit, .x = x * width, .y = y * height});
  }
  return spots;
}

// The object in that size, with a clear margin of a pixel; a little stretched.
Layer sized(Random& random, const image::Image& object, float size) {
  const float stretch = factor(random, 0.08);
  const auto longer = static_cast<float>(std::max(object.width, object.height));
  const auto side = [&](int pixels, float by) {
    return std::clamp(static_cast<int>(std::lround(static_cast<float>(pixels) * size / longer * by)), 1, 4096);
  };
  const image::Image fitted =
      image::resample(object, side(object.width, stretch), side(object.height, 1 / stretch), image::Filter::bicubic);
  Layer layer{.width = fitted.width + 2, .height = fitted.height + 2, .pixels = {}};
  layer.pixels.resize(static_cast<std::size_t>(layer.width) * static_cast<std::size_t>(layer.height));
  for (int y = 0; y < fitted.height; ++y) {
    const std::uint8_t* from = fitted.row(y).data();
    auto* to = layer.pixels.data() + static_cast<std::ptrdiff_t>(y + 1) * layer.width + 1;
    for (int x = 0; x < fitted.width; ++x, from += 4, ++to) {
      const auto covered = static_cast<float>(from[3]);
      *to = {std::min<float>(from[0], covered), std::min<float>(from[1], covered), std::min<float>(from[2], covered),
             covered * (1.0F / 255)};
    }
  }
  return layer;
}

// More of what differs from the pixels `reach` away.
void sharpen(Layer& layer, int reach, float strength) {
  const std::vector<std::array<float, 4>> before = layer.pixels;
  const std::ptrdiff_t row = layer.width;
  for (int y = reach; y + reach < layer.height; ++y) {
    for (int x = reach; x + reach < layer.width; ++x) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(y) * row + x;
      const auto* middle = before.data() + at;
      const auto &left = middle[-reach], &right = middle[reach], &above = middle[-reach * row],
                 &below = middle[reach * row];
      if (left[3] + right[3] + above[3] + below[3] < 3.99F) continue;  // at the edge there is nothing to compare with
      auto& pixel = layer.pixels[static_cast<std::size_t>(at)];
      for (std::size_t c = 0; c < 3; ++c) {
        pixel[c] += strength * ((*middle)[c] - 0.25F * (left[c] + right[c] + above[c] + below[c]));
      }
    }
  }
}

// From pixels of the canvas to pixels of the layer.
struct Placement {
  Direction turn;
  float mirror = 1;                // or -1
  float slant_x = 1, slant_y = 1;  // the canvas's stretch after the turn
  float x = 0, y = 0;              // of the middle
};

std::array<float, 4> sampled(const Layer& layer, float u, float v) {
  const int x = below(u);
  const int y = below(v);
  if (x < 0 || y < 0 || x + 1 >= layer.width || y + 1 >= layer.height) return {};
  const float right_share = u - static_cast<float>(x);
  const float lower_share = v - static_cast<float>(y);
  const auto* upper = layer.pixels.data() + static_cast<std::ptrdiff_t>(y) * layer.width + x;
  const auto* lower = upper + layer.width;
  std::array<float, 4> result;
  for (std::size_t c = 0; c < 4; ++c) {
    const float above = upper[0][c] + (upper[1][c] - upper[0][c]) * right_share;
    const float below = lower[0][c] + (lower[1][c] - lower[0][c]) * right_share;
    result[c] = above + (below - above) * lower_share;
  }
  return result;
}

void lit(std::array<float, 4>& pixel, float dx, float dy, const Light& light) {
  // dx, dy: from the middle, as a part of the object's size.
  const float towards = std::clamp(dx * light.from.cosine + dy * light.from.sine, -0.6F, 0.6F);
  const float tone = 1 + light.brightness + light.gradient * towards;
  for (std::size_t c = 0; c < 3; ++c) pixel[c] *= tone;
  if (light.gloss > 0) {
    const float along = (dx - light.from.cosine * 0.22F) / light.gloss_width;
    const float across = (dy - light.from.sine * 0.22F) / light.gloss_height;
    const float inside = 1 - along * along - across * across;
    if (inside > 0) {
      for (std::size_t c = 0; c < 3; ++c) pixel[c] += (255 * pixel[3] - pixel[c]) * light.gloss * inside * inside;
    }
  }
  for (std::size_t c = 0; c < 3; ++c) pixel[c] = std::clamp(pixel[c], 0.0F, 255 * pixel[3]);
}

void stamp(const Layer& layer, const Placement& placement, const Spot& spot, const Light& light, const Plane& texture,
           Canvas& canvas) {
  const float reach = 0.5F * std::sqrt(static_cast<float>(layer.width) * static_cast<float>(layer.width) +
                                       static_cast<float>(layer.height) * static_cast<float>(layer.height));
  const auto within = [](float value, int bound) {
    return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(bound)));
  };
  const int left = within(placement.x - reach * placement.slant_x, canvas.width);
  const int right = within(placement.x + reach * placement.slant_x + 1, canvas.width);
  const int top = within(placement.y - reach * placement.slant_y, canvas.height);
  const int bottom = within(placement.y + reach * placement.slant_y + 1, canvas.height);
  const float per_size = 1 / std::max(spot.size, 0.2F * canvas.unit());
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const float dx = static_cast<float>(x) + 0.5F - placement.x;
      const float dy = static_cast<float>(y) + 0.5F - placement.y;
      const float across = dx / placement.slant_x;
      const float down = dy / placement.slant_y;
      const float u = (across * placement.turn.cosine + down * placement.turn.sine) * placement.mirror;
      const float v = down * placement.turn.cosine - across * placement.turn.sine;
      std::array<float, 4> pixel = sampled(layer, u + 0.5F * static_cast<float>(layer.width) - 0.5F,
                                           v + 0.5F * static_cast<float>(layer.height) - 0.5F);
      if (pixel[3] <= 0) continue;
      const std::size_t at =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(canvas.width) + static_cast<std::size_t>(x);
      if (!texture.empty()) {
        const float tone = 1 + (texture[at] - 0.5F) * light.grain;
        for (std::size_t c = 0; c < 3; ++c) pixel[c] *= tone;
      }
      lit(pixel, dx * per_size, dy * per_size, light);
      for (std::size_t c = 0; c < 3; ++c) {
        float& under = canvas.planes[c][at];
        under = under * (1 - pixel[3]) + pixel[c];
      }
    }
  }
}

// Below the object and away from the light.
void cast_shadow(const Spot& spot, const Light& light, Canvas& canvas) {
  shade(canvas,
        {.x = spot.x - light.from.cosine * 0.09F * spot.size,
         .y = spot.y + 0.1F * spot.size,
         .long_radius = 0.62F * spot.size + 1,
         .short_radius = 0.58F * spot.size + 1},
        light.shadow);
}

void cover(Random& random, const Spot& spot, Canvas& canvas) {
  const int count = random.integer(1, 4);
  for (int i = 0; i < count; ++i) {
    const bool leaf = random.chance(0.6);
    const Color color = leaf ? leaf_color(random) : any_color(random);
    const Direction side = any_direction(random);
    const Direction turn = any_direction(random);
    const float away = spot.size * between(random, 0.3, 0.55);
    const float radius = between(random, 0.12, 0.32) * std::max(spot.size, 0.3F * canvas.unit()) + 1;
    const Ellipse ellipse{.x = spot.x + side.cosine * away,
                          .y = spot.y + side.sine * away,
                          .long_radius = radius,
                          .short_radius = radius * between(random, 0.25, 0.8) + 0.5F,
                          .cosine = turn.cosine,
                          .sine = turn.sine};
    leaf ? draw_leaf(canvas, ellipse, color) : draw(canvas, ellipse, color);
  }
}

}  // namespace

void place_object(Random& random, const image::Image& object, const VaryOptions& options, Canvas& canvas) {
  const Light light = any_light(random, options);
  const std::vector<Spot> spots = any_spots(random, options, canvas);
  Plane texture;
  if (light.grain > 0) {
    texture = noise(random, canvas.width, canvas.height, {.across = 90, .down = 90, .direction = {}});
  }
  for (const Spot& spot : spots) {
    Layer layer = sized(random, object, spot.size);
    if (light.sharpening > 0) {
      // As far as a pixel of the object was enlarged.
      const auto longer = static_cast<float>(std::max(object.width, object.height));
      sharpen(layer, std::clamp(static_cast<int>(std::lround(spot.size / longer)), 1, 4), light.sharpening);
    }
    Placement placement{.turn = random.chance(0.7) ? any_direction(random) : near_upright(random),
                        .mirror = random.chance(0.5) ? 1.0F : -1.0F,
                        .slant_x = factor(random, 0.06),
                        .slant_y = factor(random, 0.06),
                        .x = spot.x,
                        .y = spot.y};
    cast_shadow(spot, light, canvas);
    stamp(layer, placement, spot, light, texture, canvas);
  }
  if (random.chance(options.covered)) cover(random, spots.back(), canvas);
}

}  // namespace vidi::augmentation
