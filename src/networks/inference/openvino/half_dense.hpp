#pragma once
// Dense layers whose weights are stored in half precision.

#include <memory>
#include <openvino/core/model.hpp>

namespace vidi::inference {

// Has the large ones among them read their weights in half precision (HalfWeights), where OpenVINO would make float32
// of them first; the arithmetic is the same. For a network that one thread computes. Returns how many there are; 0 also
// where the processor has not what it takes.
std::size_t keep_halves(const std::shared_ptr<ov::Model>& graph);

}  // namespace vidi::inference
