#pragma once
// Where a network's trained numbers come from.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace vidi::backbones {

// A variable of a layer as Keras knows it.
struct Variable {
  std::string layer;                // "conv1_conv"
  std::string name;                 // "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance"
  std::size_t position = 0;         // among the layer's variables
  std::string numbered;             // the layer among those of its kind in the network: "conv2d", "conv2d_1"
  std::vector<std::int64_t> shape;  // a kernel (height, width, inputs, outputs)
};

// One thread at a time.
class WeightSource {
 public:
  virtual ~WeightSource() = default;

  // Fills `values`, as many as the shape holds, the last dimension changing fastest.
  virtual Result<void> read(const Variable& variable, std::span<float> values) = 0;
};

}  // namespace vidi::backbones
