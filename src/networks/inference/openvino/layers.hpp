#pragma once
// The convolutions and matrix products of a network with their weights and biases, to be changed before it is compiled.

#include <cstddef>
#include <memory>
#include <openvino/core/model.hpp>
#include <openvino/op/constant.hpp>
#include <vector>

namespace vidi::inference {

// An operation with constant weights: x * weights. Outputs are the first sizes of the weights, and of equal length.
struct LinearLayer {
  std::shared_ptr<ov::Node> node;  // Convolution, GroupConvolution, or MatMul of x by transposed weights
  std::shared_ptr<ov::op::v0::Constant> weights;
  std::size_t outputs = 0;  // channels, or columns of a matrix product
  std::size_t groups = 1;   // each of which takes its share of the inputs and makes its share of the outputs
};

// In the order in which they are computed. Constants are folded first, and normalizations by constants (batch
// normalization) that follow a layer become part of its weights and biases.
std::vector<LinearLayer> take_layers(const std::shared_ptr<ov::Model>& graph);

// The only operation that takes what `node` gives; null when there are several.
std::shared_ptr<ov::Node> only_taker(const std::shared_ptr<ov::Node>& node);

// The constant of one number a channel that is added to what the layer gives and to nothing else; null where there is
// none. `addition`, where it is wanted, becomes the operation that adds it.
std::shared_ptr<ov::op::v0::Constant> biases_of(const LinearLayer& layer,
                                                std::shared_ptr<ov::Node>* addition = nullptr);

// Adds a number to each of the layer's outputs: to its biases where it has some.
void add_to_biases(const LinearLayer& layer, const std::vector<float>& values);

}  // namespace vidi::inference
