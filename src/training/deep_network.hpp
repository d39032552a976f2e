#pragma once
// The network of the model `digits`: convolutions 3x3 with batch normalisation (Ioffe and Szegedy 2015) and ReLU, two
// poolings, the mean over the picture, one dense layer. Only trainers' sources include this.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "training/training_loop.hpp"

namespace at {
class Tensor;
}

namespace vidi::training {

inline constexpr std::size_t kDeepClasses = 11;  // the ten digits, and none of them

struct Descent {
  double rate = 0.1;
  double momentum = 0.9;      // Nesterov's
  double decay = 5e-4;        // of the convolutions' weights
  double mean_decay = 0.999;  // of the weights' running mean
};

// Weights, and what training remembers of them. One thread at a time.
class DeepNetwork {
 public:
  explicit DeepNetwork(std::uint64_t seed);
  ~DeepNetwork();
  DeepNetwork(const DeepNetwork&) = delete;
  DeepNetwork& operator=(const DeepNetwork&) = delete;
  DeepNetwork(DeepNetwork&&) = delete;
  DeepNetwork& operator=(DeepNetwork&&) = delete;

  // Scores (n, 11) of `pixels` (n, 784), 0..1, for a step of training; `half` computes the convolutions in bfloat16.
  at::Tensor scores(const at::Tensor& pixels, bool half);

  // A step along the gradients of the last backward pass.
  void descend(const Descent& descent);

  std::vector<NamedValues> state();

 private:
  friend class FoldedNetwork;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Networks that answer together: of each the running mean of its weights with its normalisation folded into the
// convolutions, in half precision. The model as it is written.
class FoldedNetwork {
 public:
  explicit FoldedNetwork(std::span<const std::unique_ptr<DeepNetwork>> members);
  ~FoldedNetwork();
  FoldedNetwork(const FoldedNetwork&) = delete;
  FoldedNetwork& operator=(const FoldedNetwork&) = delete;
  FoldedNetwork(FoldedNetwork&&) = delete;
  FoldedNetwork& operator=(FoldedNetwork&&) = delete;

  // The mean of the members' probabilities (n, 11) for `pixels` (n, 784).
  [[nodiscard]] at::Tensor probabilities(const at::Tensor& pixels) const;

  // Input `image` (n, 28, 28, 1), 0..1, light on dark; output `probabilities` (n, 11).
  [[nodiscard]] Result<Bytes> to_onnx(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidi::training
