#pragma once
// What every trainer does with libtorch's tensors. Only trainers' sources include this.

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <random>
#include <span>
#include <vector>

#include "datasets/accuracy.hpp"
#include "recipes/image_range.hpp"

namespace at {
class Tensor;
}

namespace vidi::recipes {

at::Tensor pixels_of(const ImageRange& range, std::span<const std::size_t> indices);  // (n, 784), 0..1
at::Tensor labels_of(const ImageRange& range, std::span<const std::size_t> indices);  // (n)

// Of the rows of `scores` (n, classes), how many are greatest at their label, 0..1.
double accuracy_of(const at::Tensor& scores, const at::Tensor& labels);

// How many pictures `classify` gets right; it takes pixels (n, 784) and makes scores (n, classes).
datasets::Accuracy measure(const ImageRange& images, const std::function<at::Tensor(const at::Tensor&)>& classify);

// The memory of a contiguous tensor of floats.
std::span<float> values_of(const at::Tensor& tensor);

// Makes `mean`, the mean of `count` values, that of one more.
void add_to_mean(at::Tensor& mean, const at::Tensor& value, double count);

// What is left of each value in half precision, as floats.
at::Tensor rounded_to_half(const at::Tensor& tensor);

// Values of a normal distribution; those over two standard deviations from its mean are drawn again when `truncated`.
at::Tensor random_normal(std::initializer_list<std::int64_t> shape, double deviation, bool truncated,
                         std::mt19937_64& random);

}  // namespace vidi::recipes
