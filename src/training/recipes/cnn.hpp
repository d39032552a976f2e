#pragma once
// The convolutional network of TensorFlow's tutorial "Deep MNIST for experts": convolution 5x5 to 32 channels, ReLU,
// pooling by 2, convolution 5x5 to 64, ReLU, pooling by 2, a dense layer of 1,024 with ReLU and dropout, a dense layer
// of 10; cross-entropy; Adam.

#include <cstddef>
#include <cstdint>
#include <memory>

#include "recipes/recipe.hpp"

namespace vidi::recipes {

struct CnnOptions {
  std::size_t steps = 20'000;
  double rate = 1e-4;
  std::size_t batch = 50;
  double dropout = 0.5;  // the part of the dense layer's outputs that a step leaves out
  double average = 0.0;  // the part of the steps, the last ones, whose weights are averaged; 0: the last step's alone
  std::uint64_t seed = 1;
  int threads = 2;
};

// `vidi train cnn`. The model's weights are in half precision, and evaluated as such.
std::unique_ptr<Recipe> make_cnn_recipe(const CnnOptions& options);

}  // namespace vidi::recipes
