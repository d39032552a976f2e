#include "inference/openvino/half_dense.hpp"

#include <cstdint>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/op/matmul.hpp>
#include <openvino/op/op.hpp>
#include <utility>

#include "inference/openvino/half_weights.hpp"

namespace vidi::inference {
namespace {

// Less weights stay in the processor's own cache, where reading them costs little.
constexpr std::size_t kLarge = std::size_t{512} * 1024;

// x of shape [..., inputs] times the weights: [..., outputs]. OpenVINO calls evaluate() for an operation that it does
// not know.
class HalfDense final : public ov::op::Op {
 public:
  OPENVINO_OP("HalfDense", "vidi")

  HalfDense(const ov::Output<ov::Node>& x, std::shared_ptr<const HalfWeights> weights)
      : Op({x}), weights_(std::move(weights)) {
    constructor_validate_and_infer_types();
  }

  void validate_and_infer_types() override {
    ov::PartialShape shape = get_input_partial_shape(0);
    *shape.rbegin() = static_cast<std::int64_t>(weights_->outputs());
    set_output_type(0, ov::element::f32, shape);
  }

  [[nodiscard]] std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector& inputs) const override {
    return std::make_shared<HalfDense>(inputs.at(0), weights_);
  }

  bool visit_attributes(ov::AttributeVisitor&) override { return true; }
  [[nodiscard]] bool has_evaluate() const override { return true; }

  bool evaluate(ov::TensorVector& outputs, const ov::TensorVector& inputs) const override {
    ov::Shape shape = inputs[0].get_shape();
    const std::size_t rows = inputs[0].get_size() / weights_->inputs();
    shape.back() = weights_->outputs();
    outputs[0].set_shape(shape);
    weights_->multiply({inputs[0].data<const float>(), inputs[0].get_size()}, rows,
                       {outputs[0].data<float>(), outputs[0].get_size()});
    return true;
  }

 private:
  std::shared_ptr<const HalfWeights> weights_;
};

// The weights of a dense layer that are large and stored in half precision; null otherwise.
std::shared_ptr<ov::op::v0::Constant> halves_of(const ov::op::v0::MatMul& layer) {
  const auto convert = ov::as_type_ptr<ov::op::v0::Convert>(layer.get_input_node_shared_ptr(1));
  if (!convert || convert->get_destination_type() != ov::element::f32) return nullptr;
  auto weights = ov::as_type_ptr<ov::op::v0::Constant>(convert->get_input_node_shared_ptr(0));
  if (!weights || weights->get_element_type() != ov::element::f16) return nullptr;
  const ov::Shape& shape = weights->get_shape();
  return shape.size() == 2 && ov::shape_size(shape) >= kLarge ? weights : nullptr;
}

bool takes_rows(const ov::op::v0::MatMul& layer, std::size_t inputs) {
  const ov::PartialShape& shape = layer.get_input_partial_shape(0);
  if (layer.get_transpose_a() || layer.get_input_element_type(0) != ov::element::f32) return false;
  if (shape.rank().is_dynamic() || shape.size() < 2) return false;
  const ov::Dimension& last = *shape.rbegin();
  return last.is_static() && static_cast<std::size_t>(last.get_length()) == inputs;
}

}  // namespace

std::size_t keep_halves(const std::shared_ptr<ov::Model>& graph) {
  if (best_instructions() == Instructions::none) return 0;
  std::size_t replaced = 0;
  for (const std::shared_ptr<ov::Node>& node : graph->get_ordered_ops()) {
    const auto layer = ov::as_type_ptr<ov::op::v0::MatMul>(node);
    if (!layer) continue;
    const auto constant = halves_of(*layer);
    if (!constant) continue;
    const bool by_output = layer->get_transpose_b();  // [outputs][inputs]
    const ov::Shape& shape = constant->get_shape();
    const std::size_t outputs = by_output ? shape[0] : shape[1];
    const std::size_t inputs = by_output ? shape[1] : shape[0];
    if (!takes_rows(*layer, inputs)) continue;
    const auto* const bits = static_cast<const std::uint16_t*>(constant->get_data_ptr());
    const auto value = [&](std::size_t output, std::size_t input) {
      return by_output ? bits[output * inputs + input] : bits[input * outputs + output];
    };
    const auto dense =
        std::make_shared<HalfDense>(layer->input_value(0), std::make_shared<const HalfWeights>(outputs, inputs, value));
    dense->set_friendly_name(layer->get_friendly_name());
    dense->output(0).set_names(layer->output(0).get_names());
    ov::replace_node(layer, dense);
    ++replaced;
  }
  return replaced;
}

}  // namespace vidi::inference
