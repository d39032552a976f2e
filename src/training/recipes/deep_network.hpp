#pragma once
// The network of the model `digits`: convolutions 3x3 with batch normalization (Ioffe and Szegedy 2015) and ReLU, two
// poolings, the mean over the picture, one dense layer. Only trainers' sources include this.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "onnx_writing/onnx_writer.hpp"
#include "recipes/training_loop.hpp"

namespace vidi::recipes {

inline constexpr std::size_t kDeepClasses = 11;  // the ten digits, and none of them

// A layer as it is run: a convolution with its normalization folded in, in half precision.
struct FoldedLayer {
  at::Tensor weights;
  at::Tensor biases;
  bool pooled = false;  // by 2 after it
};

// A network as it is written.
struct FoldedNetwork {
  std::vector<FoldedLayer> layers;  // the last is the dense one

  // (n, 11) of `pixels` (n, 784).
  [[nodiscard]] at::Tensor probabilities(const at::Tensor& pixels) const;

  // Makes the value `name`, probabilities (n, 11), of `pixels` (n, 1, 28, 28). Everything that it adds has a name that
  // begins with `name`.
  void add_to(onnx_writing::OnnxWriter& writer, const std::string& pixels, const std::string& name) const;
};

struct Descent {
  double rate = 0.1;
  double momentum = 0.9;      // Nesterov's
  double decay = 5e-4;        // of the convolutions' weights
  double mean_decay = 0.999;  // of the weights' running mean
};

// Weights, and what training remembers of them. One thread at a time.
class DeepNetwork {
 public:
  // The first layer makes so many channels, and every layer after a pooling twice as many.
  DeepNetwork(std::uint64_t seed, std::size_t channels);
  ~DeepNetwork();
  DeepNetwork(const DeepNetwork&) = delete;
  DeepNetwork& operator=(const DeepNetwork&) = delete;
  DeepNetwork(DeepNetwork&&) = delete;
  DeepNetwork& operator=(DeepNetwork&&) = delete;

  // Scores (n, 11) of `pixels` (n, 784), 0..1, for a step of training; `half` computes the convolutions in bfloat16.
  at::Tensor scores(const at::Tensor& pixels, bool half);

  // A step along the gradients of the last backward pass.
  void descend(const Descent& descent);

  // The network with the running means of its weights.
  [[nodiscard]] FoldedNetwork fold() const;

  std::vector<NamedValues> state();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidi::recipes
