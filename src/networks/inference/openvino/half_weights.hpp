#pragma once
// The weights of a dense layer, kept as they are stored, in half precision (IEEE 754 binary16), and multiplied in
// float32. For few rows a dense layer is as fast as its weights come from memory: half the bytes are half the time.
// Nothing is rounded: every half is a float32.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "inference/openvino/aligned_array.hpp"
#include "inference/openvino/instructions.hpp"

namespace vidi::inference {

// Immutable: any thread.
class HalfWeights {
 public:
  // `value(output, input)` is the bits of a weight. `instructions`: what this processor has, and not none.
  using Value = std::function<std::uint16_t(std::size_t output, std::size_t input)>;
  HalfWeights(std::size_t outputs, std::size_t inputs, const Value& value,
              Instructions instructions = best_instructions());

  [[nodiscard]] std::size_t outputs() const { return outputs_; }
  [[nodiscard]] std::size_t inputs() const { return inputs_; }

  // y[row][output] = sum over inputs of x[row][input] * weight[output][input]. `x` has rows * inputs() values, `y`
  // takes rows * outputs().
  void multiply(std::span<const float> x, std::size_t rows, std::span<float> y) const;

 private:
  struct Kernel;
  static const Kernel& kernel_of(Instructions instructions);

  std::size_t outputs_;
  std::size_t inputs_;
  const Kernel* kernel_;
  // In panels of as many outputs as the kernel computes at a time: [panel][input][output of the panel]; the last one is
  // filled up with zeros.
  AlignedArray<std::uint16_t> packed_;
};

}  // namespace vidi::inference
