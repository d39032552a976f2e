#pragma once
// Networks that are asked one after another (Viola and Jones 2001): most digits are plain, and a small network is as
// right about them as any. Only trainers' sources include this.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "recipes/deep_network.hpp"

namespace vidi::recipes {

class Cascade {
 public:
  // The greatest probability from which the first network is sure.
  static constexpr float kSure = 0.9F;

  // One network at least.
  explicit Cascade(std::vector<FoldedNetwork> members) : members_(std::move(members)) {}

  struct Answers {
    at::Tensor probabilities;  // (n, 11): the first network's where it is sure, else the mean of all networks'
    std::size_t unsure = 0;    // of the n, how many the first network is not sure of
  };

  // To `pixels` (n, 784).
  [[nodiscard]] Answers ask(const at::Tensor& pixels) const;

  // Input `image` (n, 28, 28, 1), 0..1, light on dark; output `probabilities` (n, 11). The further networks run for the
  // pictures that need them, whatever else is in the batch.
  [[nodiscard]] Result<Bytes> to_onnx(std::string_view name) const;

 private:
  std::vector<FoldedNetwork> members_;
};

}  // namespace vidi::recipes
