#include "augmentation/camera.hpp"

#include <algorithm>
#include <array>

namespace vidi::augmentation {
namespace {

// Each channel becomes weights * (red, green, blue) + constant.
struct Tone {
  std::array<Color, 3> weights{};
  float constant = 0;
};

Tone any_tone(Random& random, const VaryOptions& options) {
  const float contrast = factor(random, 0.2 * options.light);
  const float gain = factor(random, 0.2 * options.light);
  const float warmth = 0.08F * static_cast<float>(options.color) * bell(random);
  const float green = 0.03F * static_cast<float>(options.color) * bell(random);
  const float saturation = factor(random, 0.25 * options.color);
  const Color balance{1 + warmth, 1 + green, 1 - warmth};
  Tone tone;
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t k = 0; k < 3; ++k) {
      const float share = (1 - saturation) / 3 + (k == c ? saturation : 0.0F);
      tone.weights[c][k] = share * balance[k] * gain * contrast;
    }
  }
  tone.constant = 128 * (1 - contrast) * gain;
  return tone;
}

void apply(const Tone& tone, Canvas& canvas) {
  auto& [red, green, blue] = canvas.planes;
  for (std::size_t i = 0; i < red.size(); ++i) {
    const Color before{red[i], green[i], blue[i]};
    const auto channel = [&](std::size_t c) {
      const Color& weights = tone.weights[c];
      const float value = weights[0] * before[0] + weights[1] * before[1] + weights[2] * before[2] + tone.constant;
      return std::clamp(value, 0.0F, 255.0F);
    };
    red[i] = channel(0);
    green[i] = channel(1);
    blue[i] = channel(2);
  }
}

// Of that deviation, between -1.8 and 1.8 times it: sums of two uniform values.
void add_noise(Random& random, float deviation, Canvas& canvas) {
  const float scale = deviation * 2.4F / 65536;
  for (Plane& plane : canvas.planes) {
    for (std::size_t i = 0; i < plane.size(); i += 2) {
      const std::uint64_t bits = random.next();
      const auto part = [&](int k) { return static_cast<int>((bits >> (16 * k)) & 0xffffU); };
      plane[i] += static_cast<float>(part(0) + part(1) - 65535) * scale;
      if (i + 1 < plane.size()) plane[i + 1] += static_cast<float>(part(2) + part(3) - 65535) * scale;
    }
  }
}

}  // namespace

void photograph(Random& random, const VaryOptions& options, Canvas& canvas) {
  apply(any_tone(random, options), canvas);
  const double often = std::min(options.camera, 1.0);
  if (random.chance(0.2 * often)) blur(canvas, random.uniform(0.002, 0.01) * canvas.unit());
  if (random.chance(0.3 * often)) add_noise(random, static_cast<float>(random.uniform(2, 14)), canvas);
}

}  // namespace vidi::augmentation
