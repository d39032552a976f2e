#pragma once
// Post-training quantization: a network of float32 becomes one whose convolutions and matrix products are computed with
// whole numbers of 8 bits.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <openvino/core/model.hpp>
#include <span>

#include "core/result.hpp"

namespace vidi::inference {

// Inserts FakeQuantize operations as OpenVINO's low precision transformations look for them: weights for each output by
// itself and symmetric, what a layer takes with one range for the whole tensor. The ranges are found with `pictures`,
// which are run through the network in float32; biases take up what rounding the weights changes on average. The graph
// takes bytes, (batch, height, width, channels), of a known size. The same pictures give the same network.
// Returns how many layers are computed in 8 bits. Errors: invalid_argument (no pictures, or not whole ones). Throws
// what OpenVINO throws.
Result<std::size_t> quantize(const std::shared_ptr<ov::Model>& graph, std::span<const std::uint8_t> pictures,
                             std::size_t threads);

}  // namespace vidi::inference
