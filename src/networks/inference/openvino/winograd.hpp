#pragma once
// Convolution by 5x5 kernels with a fifth of the multiplications: Winograd's minimal filtering F(4x4, 5x5), as in Lavin
// and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), with the points 0, 1, -1, 2, -2, 1/2, -1/2 and
// infinity. In float32; the sums differ from those of the definition in about the last two of its seven digits.

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "inference/openvino/aligned_array.hpp"
#include "inference/openvino/instructions.hpp"

namespace vidi::inference {

// A layer: convolution by 5x5 kernels with stride 1, biases, and ReLU if wanted. Immutable: any thread.
class WinogradLayer {
 public:
  static constexpr std::size_t kKernel = 5;
  // What the number of inputs, and of outputs, must be a multiple of.
  static constexpr std::size_t kInputsOf = 16;
  static constexpr std::size_t kOutputsOf = 32;

  struct Shape {
    std::size_t inputs = 0;   // channels
    std::size_t outputs = 0;  // channels
    std::size_t height = 0;   // of input and output: both are padded by two zeros on each side
    std::size_t width = 0;
  };
  using Weight = std::function<float(std::size_t output, std::size_t input, std::size_t y, std::size_t x)>;
  // `biases`: one for each output. `instructions`: what this processor has, and not none.
  WinogradLayer(const Shape& shape, const Weight& weight, std::vector<float> biases, bool relu,
                Instructions instructions = best_instructions());

  [[nodiscard]] const Shape& shape() const { return shape_; }

  // One picture: x[y][x][input] to y[y][x][output].
  void apply(std::span<const float> x, std::span<float> y) const;

 private:
  struct Way;
  static const Way& way_of(Instructions instructions);

  Shape shape_;
  std::vector<float> biases_;
  bool relu_;
  const Way* way_;
  // The transformed kernels, for each of the 64 places of a tile as panels of the outputs that are computed at a time:
  // [place][panel][input][output of the panel].
  AlignedArray<float> kernels_;
};

}  // namespace vidi::inference
