#include "augmentation/ground.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "augmentation/noise.hpp"

namespace vidi::augmentation {
namespace {

// Two draws never stand in one call: compilers evaluate its arguments in different orders.

// Noise at several scales.
Plane clouds_of(Random& random, int width, int height, float cells) {
  Plane share = noise(random, width, height, {.across = cells, .down = cells, .direction = any_direction(random)});
  for (float& value : share) value *= 0.6F;
  add(share, noise(random, width, height, {.across = 13, .down = 13, .direction = {}}), 0.25F);
  add(share, noise(random, width, height, {.across = 43, .down = 43, .direction = {}}), 0.15F);
  return share;
}

Canvas plain(Random& random, int width, int height) {
  const Color first = any_color(random);
  const Color second = any_color(random);
  return mix(width, height, slope(random, width, height), first, second);
}

Canvas clouds(Random& random, int width, int height) {
  Plane share = clouds_of(random, width, height, between(random, 2, 7));
  for (float& value : share) value = value * 2 - 0.5F;
  const Color first = any_color(random);
  return mix(width, height, share, first, any_color(random));
}

Canvas wood(Random& random, int width, int height) {
  const Color color = wood_color(random);
  Direction along = near_upright(random);
  if (random.chance(0.5)) along = {-along.sine, along.cosine};
  Plane share = noise(random, width, height, {.across = 2.5F, .down = 42, .direction = along});
  for (float& value : share) value *= 0.6F;
  add(share, noise(random, width, height, {.across = 6, .down = 90, .direction = along}), 0.4F);
  if (random.chance(0.6)) {  // planks with dark gaps
    const float unit = static_cast<float>(std::min(width, height));
    const float plank = between(random, 0.15, 0.4) * unit;
    const float start = between(random, 0, plank) + 4 * unit;
    const float gap = 0.006F * unit + 0.6F;
    for (std::size_t i = 0; i < share.size(); ++i) {
      const auto x = static_cast<float>(i % static_cast<std::size_t>(width));
      const std::size_t row = i / static_cast<std::size_t>(width);
      const auto y = static_cast<float>(row);
      const float across = y * along.cosine - x * along.sine + start;
      if (across - static_cast<float>(below(across / plank)) * plank < gap) share[i] -= 0.7F;
    }
  }
  return mix(width, height, share, scaled(color, 0.5F), scaled(color, 1.1F));
}

// A wave from -1 to 1 of period 1, like a sine.
float wave(float at) {
  const float part = at - static_cast<float>(below(at));
  return part < 0.5F ? 16 * part * (0.5F - part) : -16 * (part - 0.5F) * (1 - part);
}

Canvas cloth(Random& random, int width, int height) {
  const Direction along = any_direction(random);
  const float unit = static_cast<float>(std::min(width, height));
  const float first = between(random, 2, 22) / unit;
  const float second = between(random, 2, 22) / unit;
  const float much = between(random, 0, 1);
  const float little = between(random, 0, 1);
  const bool sharp = random.chance(0.5);
  Plane share = noise(random, width, height, {.across = 63, .down = 63, .direction = {}});
  for (std::size_t i = 0; i < share.size(); ++i) {
    const auto x = static_cast<float>(i % static_cast<std::size_t>(width));
    const std::size_t row = i / static_cast<std::size_t>(width);
    const auto y = static_cast<float>(row);
    float weave = much * wave((x * along.cosine + y * along.sine) * first) +
                  little * wave((y * along.cosine - x * along.sine) * second);
    if (sharp) weave = std::clamp(weave * 8, -1.0F, 1.0F);
    share[i] = weave * 0.35F + 0.5F + (share[i] - 0.5F) * 0.3F;
  }
  const Color color = any_color(random);
  return mix(width, height, share, color, any_color(random));
}

struct Shapes {
  int count = 0;
  double smallest = 0, largest = 0;  // radius, as a part of the shorter side
  bool leaves = false;
};

Canvas scatter(Random& random, Canvas canvas, std::span<const Color> palette, const Shapes& shapes) {
  for (int i = 0; i < shapes.count; ++i) {
    const Color& pure = random.pick(palette);
    const Color color = scaled(pure, between(random, 0.5, 1.2));
    const float radius = between(random, shapes.smallest, shapes.largest) * canvas.unit() + 1;
    const Direction direction = any_direction(random);
    const Ellipse ellipse{
        .x = between(random, -0.1, 1.1) * static_cast<float>(canvas.width),
        .y = between(random, -0.1, 1.1) * static_cast<float>(canvas.height),
        .long_radius = radius,
        .short_radius = radius * (shapes.leaves ? between(random, 0.25, 0.6) : between(random, 0.5, 1)) + 0.5F,
        .cosine = direction.cosine,
        .sine = direction.sine};
    shapes.leaves ? draw_leaf(canvas, ellipse, color) : draw(canvas, ellipse, color);
  }
  return canvas;
}

std::array<Color, 5> palette_of(Random& random, Color (*color)(Random&)) {
  std::array<Color, 5> palette;
  for (Color& entry : palette) entry = color(random);
  return palette;
}

Canvas leaves(Random& random, int width, int height) {
  const auto palette = palette_of(random, leaf_color);
  Canvas dark = make_canvas(width, height, scaled(leaf_color(random), 0.4F));
  return scatter(random, std::move(dark), palette,
                 {.count = random.integer(20, 60), .smallest = 0.05, .largest = 0.25, .leaves = true});
}

Canvas lights(Random& random, int width, int height) {
  const auto palette = palette_of(random, any_color);
  Canvas dark = make_canvas(width, height, scaled(any_color(random), 0.5F));
  Canvas canvas =
      scatter(random, std::move(dark), palette, {.count = random.integer(10, 40), .smallest = 0.03, .largest = 0.15});
  blur(canvas, random.uniform(0.018, 0.06) * canvas.unit());
  return canvas;
}

Canvas clutter(Random& random, int width, int height) {
  const auto palette = palette_of(random, any_color);
  Canvas dark = make_canvas(width, height, scaled(any_color(random), 0.5F));
  return scatter(random, std::move(dark), palette, {.count = random.integer(5, 30), .smallest = 0.05, .largest = 0.4});
}

Canvas studio(Random& random, int width, int height) {
  const float bright = between(random, 190, 255);
  const Color color{bright + 6 * bell(random), bright + 6 * bell(random), bright + 6 * bell(random)};
  const Color darker = scaled(color, between(random, 0.75, 1));
  return mix(width, height, slope(random, width, height), color, darker);
}

Canvas gravel(Random& random, int width, int height) {
  Plane share = noise(random, width, height, {.across = 63, .down = 63, .direction = any_direction(random)});
  for (float& value : share) value *= 0.6F;
  add(share, noise(random, width, height, {.across = 35, .down = 35, .direction = any_direction(random)}), 0.4F);
  const Color first = any_color(random);
  return mix(width, height, share, first, any_color(random));
}

Canvas plate(Random& random, int width, int height) {
  const Direction along = near_upright(random);
  const Color first = any_color(random);
  const Color second = any_color(random);
  const Plane grain = noise(random, width, height, {.across = 3, .down = 36, .direction = along});
  Canvas canvas = mix(width, height, grain, first, second);
  const float radius = between(random, 0.3, 0.6) * canvas.unit();
  const Ellipse rim{.x = between(random, 0.3, 0.7) * static_cast<float>(width),
                    .y = between(random, 0.4, 0.8) * static_cast<float>(height),
                    .long_radius = radius,
                    .short_radius = radius * between(random, 0.5, 1)};
  const Color tint = any_color(random);
  const Color glaze{170 + 0.3F * tint[0], 170 + 0.3F * tint[1], 170 + 0.3F * tint[2]};
  constexpr std::array<std::array<float, 2>, 4> kRings{{{1, 0.85F}, {0.95F, 1}, {0.7F, 0.92F}, {0.67F, 0.98F}}};
  for (const auto& [size, tone] : kRings) {
    Ellipse ring = rim;
    ring.long_radius *= size;
    ring.short_radius *= size;
    draw(canvas, ring, scaled(glaze, tone));
  }
  return canvas;
}

}  // namespace

Canvas make_ground(Random& random, int width, int height) {
  // Plain ones and leaves are what photos of fruit have most: they stand twice.
  constexpr std::array kKinds{plain,  plain,  clouds,  wood,   cloth,  leaves,
                              leaves, lights, clutter, studio, gravel, plate};
  Canvas canvas = kKinds[random.below(kKinds.size())](random, width, height);
  if (random.chance(0.35)) blur(canvas, random.uniform(0.003, 0.022) * canvas.unit());
  if (random.chance(0.5)) {
    const Plane light = slope(random, width, height);
    for (Plane& plane : canvas.planes) {
      for (std::size_t i = 0; i < plane.size(); ++i) plane[i] *= 0.5F + 0.9F * light[i];
    }
  }
  for (Plane& plane : canvas.planes) {
    for (float& value : plane) value = std::clamp(value, 0.0F, 255.0F);
  }
  return canvas;
}

}  // namespace vidi::augmentation
