#include "inference/openvino/layers.hpp"

#include <cmath>
#include <openvino/core/graph_util.hpp>
#include <openvino/opsets/opset8.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>
#include <optional>
#include <utility>

namespace vidi::inference {
namespace {

namespace op = ov::opset8;
using Node = std::shared_ptr<ov::Node>;

std::optional<LinearLayer> layer_of(const Node& node) {
  LinearLayer layer{.node = node, .weights = nullptr};
  const bool is_grouped = ov::is_type<op::GroupConvolution>(node);
  const auto product = ov::as_type_ptr<op::MatMul>(node);
  if (!is_grouped && !product && !ov::is_type<op::Convolution>(node)) return std::nullopt;
  if (product && (product->get_transpose_a() || !product->get_transpose_b())) return std::nullopt;
  layer.weights = ov::as_type_ptr<op::Constant>(node->get_input_node_shared_ptr(1));
  if (!layer.weights || layer.weights->get_element_type() != ov::element::f32) return std::nullopt;
  const ov::Shape& shape = layer.weights->get_shape();
  if (product && shape.size() != 2) return std::nullopt;
  layer.groups = is_grouped ? shape[0] : 1;
  layer.outputs = is_grouped ? shape[0] * shape[1] : shape[0];
  return layer;
}

// The shape in which a number for each output can be added to what the layer gives.
ov::Shape shape_of_biases(const LinearLayer& layer) {
  if (ov::is_type<op::MatMul>(layer.node)) return {1, layer.outputs};
  // Weights of groups have one size more.
  const std::size_t grouped = ov::is_type<op::GroupConvolution>(layer.node) ? 1 : 0;
  ov::Shape shape(layer.weights->get_shape().size() - grouped, 1);
  shape[1] = layer.outputs;
  return shape;
}

void replace_weights(LinearLayer& layer, const std::vector<float>& values) {
  layer.weights = op::Constant::create(ov::element::f32, layer.weights->get_shape(), values);
  layer.node->input(1).replace_source_output(layer.weights->output(0));
}

// What a normalization by constants does to a channel: x * factor + shift.
struct Normalization {
  std::vector<float> factors;
  std::vector<float> shifts;
};

std::optional<Normalization> normalization_of(const Node& node) {
  std::size_t first = 1;
  double epsilon = 0;
  if (const auto norm = ov::as_type_ptr<ov::op::v5::BatchNormInference>(node)) {
    epsilon = norm->get_eps_value();
  } else if (const auto old = ov::as_type_ptr<ov::op::v0::BatchNormInference>(node)) {
    epsilon = old->get_eps_value();
    first = 0;  // the picture is its third input
  } else {
    return std::nullopt;
  }
  std::vector<std::vector<float>> numbers;
  for (const std::size_t i : {first, first + 1, std::size_t{3}, std::size_t{4}}) {
    const auto constant = ov::as_type_ptr<op::Constant>(node->get_input_node_shared_ptr(i));
    if (!constant) return std::nullopt;
    numbers.push_back(constant->cast_vector<float>());
  }
  Normalization result;
  for (std::size_t i = 0; i < numbers[0].size(); ++i) {
    const double factor = numbers[0][i] / std::sqrt(static_cast<double>(numbers[3][i]) + epsilon);
    result.factors.push_back(static_cast<float>(factor));
    result.shifts.push_back(static_cast<float>(numbers[1][i] - static_cast<double>(numbers[2][i]) * factor));
  }
  return result;
}

void fold_normalization(LinearLayer& layer) {
  Node last = layer.node;
  const auto biases = biases_of(layer, &last);
  const Node next = only_taker(last);
  const auto norm = next ? normalization_of(next) : std::nullopt;
  if (!norm || norm->factors.size() != layer.outputs) return;
  std::vector<float> weights = layer.weights->cast_vector<float>();
  std::vector<float> sums = biases ? biases->cast_vector<float>() : std::vector<float>(layer.outputs);
  const std::size_t length = weights.size() / layer.outputs;
  for (std::size_t output = 0; output < layer.outputs; ++output) {
    for (std::size_t i = 0; i < length; ++i) weights[output * length + i] *= norm->factors[output];
    sums[output] = sums[output] * norm->factors[output] + norm->shifts[output];
  }
  replace_weights(layer, weights);
  const auto added =
      std::make_shared<op::Add>(layer.node, op::Constant::create(ov::element::f32, shape_of_biases(layer), sums));
  added->set_friendly_name(next->get_friendly_name());
  added->output(0).set_names(next->output(0).get_names());
  ov::replace_node(next, added);
}

}  // namespace

Node only_taker(const Node& node) {
  const auto targets = node->output(0).get_target_inputs();
  return targets.size() == 1 ? targets.begin()->get_node()->shared_from_this() : nullptr;
}

std::shared_ptr<op::Constant> biases_of(const LinearLayer& layer, Node* addition) {
  const auto add = ov::as_type_ptr<op::Add>(only_taker(layer.node));
  if (!add) return nullptr;
  const std::size_t other = add->get_input_node_shared_ptr(0) == layer.node ? 1 : 0;
  auto constant = ov::as_type_ptr<op::Constant>(add->get_input_node_shared_ptr(other));
  if (!constant || ov::shape_size(constant->get_shape()) != layer.outputs) return nullptr;
  if (add->get_output_partial_shape(0) != layer.node->get_output_partial_shape(0)) return nullptr;
  // Along the channels and nothing else.
  const ov::Shape wanted = shape_of_biases(layer);
  ov::Shape shape = constant->get_shape();
  shape.insert(shape.begin(), wanted.size() - std::min(wanted.size(), shape.size()), 1);
  if (shape != wanted) return nullptr;
  if (addition != nullptr) *addition = add;
  return constant;
}

void add_to_biases(const LinearLayer& layer, const std::vector<float>& values) {
  Node addition;
  const auto biases = biases_of(layer, &addition);
  std::vector<float> sums = values;
  if (!biases) {
    const auto takers = layer.node->output(0).get_target_inputs();
    const auto added =
        std::make_shared<op::Add>(layer.node, op::Constant::create(ov::element::f32, shape_of_biases(layer), sums));
    for (const auto& taker : takers) taker.replace_source_output(added->output(0));
    return;
  }
  const std::vector<float> before = biases->cast_vector<float>();
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += before[i];
  const std::size_t other = addition->get_input_node_shared_ptr(0) == layer.node ? 1 : 0;
  addition->input(other).replace_source_output(
      op::Constant::create(ov::element::f32, biases->get_shape(), sums)->output(0));
}

std::vector<LinearLayer> take_layers(const std::shared_ptr<ov::Model>& graph) {
  ov::pass::Manager passes;
  passes.register_pass<ov::pass::ConstantFolding>();
  passes.run_passes(graph);
  std::vector<LinearLayer> layers;
  for (const Node& node : graph->get_ordered_ops()) {
    auto layer = layer_of(node);
    if (!layer) continue;
    fold_normalization(*layer);
    layers.push_back(std::move(*layer));
  }
  return layers;
}

}  // namespace vidi::inference
