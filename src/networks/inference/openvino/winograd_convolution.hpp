#pragma once
// Convolutions by 5x5 kernels, of which OpenVINO does every multiplication.

#include <memory>
#include <openvino/core/model.hpp>

namespace vidi::inference {

// Has those of stride 1 that keep the picture's size, with enough channels, computed in Winograd's way (WinogradLayer),
// with the biases and the ReLU behind them. For a network that one thread computes. Constants are folded first. Returns
// how many there are; 0 also where the processor has not what it takes.
std::size_t use_winograd(const std::shared_ptr<ov::Model>& graph);

}  // namespace vidi::inference
