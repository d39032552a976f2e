#include "recipes/tensors.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/sub.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace vidi::recipes {
namespace {

// 0 < value <= 1
double uniform(std::mt19937_64& random) { return (static_cast<double>(random() >> 11U) + 1.0) * 0x1p-53; }

// Box and Muller 1958. std::normal_distribution may give other values with another standard library.
double normal(std::mt19937_64& random) {
  const double radius = std::sqrt(-2.0 * std::log(uniform(random)));
  return radius * std::cos(2.0 * std::numbers::pi * uniform(random));
}

}  // namespace

at::Tensor pixels_of(const ImageRange& range, std::span<const std::size_t> indices) {
  at::Tensor images = at::empty({static_cast<std::int64_t>(indices.size()), kDigitPixels}, at::kFloat);
  auto* pixel = images.data_ptr<float>();
  for (const std::size_t index : indices) {
    pixel = std::ranges::transform(range.image(index), pixel, [](std::uint8_t value) {
              return static_cast<float>(value) * (1.0F / 255.0F);
            }).out;
  }
  return images;
}

at::Tensor labels_of(const ImageRange& range, std::span<const std::size_t> indices) {
  at::Tensor labels = at::empty({static_cast<std::int64_t>(indices.size())}, at::kLong);
  std::ranges::transform(indices, labels.data_ptr<std::int64_t>(),
                         [&](std::size_t index) { return std::int64_t{range.label(index)}; });
  return labels;
}

double accuracy_of(const at::Tensor& scores, const at::Tensor& labels) {
  return static_cast<double>(scores.argmax(1).eq(labels).sum().item<std::int64_t>()) /
         static_cast<double>(labels.size(0));
}

datasets::Accuracy measure(const ImageRange& images, const std::function<at::Tensor(const at::Tensor&)>& classify) {
  constexpr std::size_t kChunk = 1000;
  const at::NoGradGuard guard;
  datasets::Accuracy accuracy{.correct = 0, .count = images.count};
  std::vector<std::size_t> indices;
  for (std::size_t first = 0; first < images.count; first += kChunk) {
    indices.resize(std::min(kChunk, images.count - first));
    std::iota(indices.begin(), indices.end(), first);
    const at::Tensor answers = classify(pixels_of(images, indices)).argmax(1);
    accuracy.correct += static_cast<std::size_t>(answers.eq(labels_of(images, indices)).sum().item<std::int64_t>());
  }
  return accuracy;
}

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

void add_to_mean(at::Tensor& mean, const at::Tensor& value, double count) {
  mean.add_(at::sub(value.detach(), mean), 1.0 / (count + 1.0));
}

at::Tensor rounded_to_half(const at::Tensor& tensor) { return tensor.detach().to(at::kHalf).to(at::kFloat); }

at::Tensor random_normal(std::initializer_list<std::int64_t> shape, double deviation, bool truncated,
                         std::mt19937_64& random) {
  at::Tensor tensor = at::empty(at::IntArrayRef(shape), at::kFloat);
  for (float& value : values_of(tensor)) {
    double drawn = normal(random);
    while (truncated && std::abs(drawn) > 2.0) drawn = normal(random);
    value = static_cast<float>(drawn * deviation);
  }
  return tensor;
}

}  // namespace vidi::recipes
