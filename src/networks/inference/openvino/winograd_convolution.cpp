#include "inference/openvino/winograd_convolution.hpp"

#include <algorithm>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/convolution.hpp>
#include <openvino/op/op.hpp>
#include <openvino/op/relu.hpp>
#include <openvino/op/transpose.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "inference/openvino/winograd.hpp"

namespace vidi::inference {
namespace {

using ov::op::v0::Constant;
using ov::op::v0::Relu;
using ov::op::v1::Add;
using ov::op::v1::Convolution;
using NodePointer = std::shared_ptr<ov::Node>;

// [rows, y, x, inputs] to [rows, y, x, outputs]. OpenVINO calls evaluate() for an operation that it does not know.
class WinogradConvolution final : public ov::op::Op {
 public:
  OPENVINO_OP("WinogradConvolution", "vidi")

  WinogradConvolution(const ov::Output<ov::Node>& x, std::shared_ptr<const WinogradLayer> layer)
      : Op({x}), layer_(std::move(layer)) {
    constructor_validate_and_infer_types();
  }

  void validate_and_infer_types() override {
    ov::PartialShape shape = get_input_partial_shape(0);
    shape[3] = static_cast<std::int64_t>(layer_->shape().outputs);
    set_output_type(0, ov::element::f32, shape);
  }

  [[nodiscard]] NodePointer clone_with_new_inputs(const ov::OutputVector& inputs) const override {
    return std::make_shared<WinogradConvolution>(inputs.at(0), layer_);
  }

  bool visit_attributes(ov::AttributeVisitor&) override { return true; }
  [[nodiscard]] bool has_evaluate() const override { return true; }

  bool evaluate(ov::TensorVector& outputs, const ov::TensorVector& inputs) const override {
    const auto& [channels, results, height, width] = layer_->shape();
    const std::size_t rows = inputs[0].get_shape().front();
    outputs[0].set_shape({rows, height, width, results});
    const std::size_t in = height * width * channels;
    const std::size_t out = height * width * results;
    const auto* const x = inputs[0].data<const float>();
    auto* const y = outputs[0].data<float>();
    for (std::size_t row = 0; row < rows; ++row) layer_->apply({x + row * in, in}, {y + row * out, out});
    return true;
  }

 private:
  std::shared_ptr<const WinogradLayer> layer_;
};

// A layer of a network, from its convolution to the last operation that is done with it.
struct Found {
  std::shared_ptr<Convolution> convolution;
  std::shared_ptr<Constant> weights;
  WinogradLayer::Shape shape;
  std::vector<float> biases;
  bool relu = false;
  NodePointer last;
};

template <typename Sizes>
bool all_are(const Sizes& sizes, std::size_t value) {
  return std::ranges::all_of(sizes, [value](auto size) { return static_cast<std::size_t>(size) == value; });
}

// Stride, padding and kernel are those of a WinogradLayer; the number of channels too.
std::optional<Found> find_convolution(const NodePointer& node) {
  Found found;
  found.convolution = ov::as_type_ptr<Convolution>(node);
  if (!found.convolution) return std::nullopt;
  found.weights = ov::as_type_ptr<Constant>(node->get_input_node_shared_ptr(1));
  const ov::PartialShape& input = node->get_input_partial_shape(0);
  const bool plain = all_are(found.convolution->get_strides(), 1) && all_are(found.convolution->get_dilations(), 1) &&
                     all_are(found.convolution->get_pads_begin(), 2) && all_are(found.convolution->get_pads_end(), 2);
  if (!plain || !found.weights || found.weights->get_element_type() != ov::element::f32 || input.size() != 4) {
    return std::nullopt;
  }
  const ov::Shape& kernels = found.weights->get_shape();
  const bool fits = kernels.size() == 4 && kernels[2] == WinogradLayer::kKernel &&
                    kernels[3] == WinogradLayer::kKernel && kernels[0] % WinogradLayer::kOutputsOf == 0 &&
                    kernels[1] % WinogradLayer::kInputsOf == 0;
  if (!fits || input[2].is_dynamic() || input[3].is_dynamic()) return std::nullopt;
  found.shape = {.inputs = kernels[1],
                 .outputs = kernels[0],
                 .height = static_cast<std::size_t>(input[2].get_length()),
                 .width = static_cast<std::size_t>(input[3].get_length())};
  found.biases.assign(found.shape.outputs, 0.0F);
  found.last = node;
  return found;
}

// The only operation that takes what `node` gives; null when there are several.
NodePointer only_user(const NodePointer& node) {
  const auto targets = node->output(0).get_target_inputs();
  return targets.size() == 1 ? targets.begin()->get_node()->shared_from_this() : nullptr;
}

// Takes along an addition of one number a channel.
void take_biases(Found& found) {
  const auto add = ov::as_type_ptr<Add>(only_user(found.last));
  if (!add) return;
  const std::size_t other = add->get_input_node_shared_ptr(0) == found.last ? 1 : 0;
  const auto constant = ov::as_type_ptr<Constant>(add->get_input_node_shared_ptr(other));
  const ov::Shape wanted{1, found.shape.outputs, 1, 1};
  if (!constant || constant->get_element_type() != ov::element::f32 || constant->get_shape() != wanted) return;
  found.biases = constant->cast_vector<float>();
  found.last = add;
}

void take_relu(Found& found) {
  const auto relu = ov::as_type_ptr<Relu>(only_user(found.last));
  if (!relu) return;
  found.relu = true;
  found.last = relu;
}

NodePointer transposed(const ov::Output<ov::Node>& from, const std::vector<std::int64_t>& order) {
  return std::make_shared<ov::op::v1::Transpose>(from, Constant::create(ov::element::i64, {4}, order));
}

void replace(const Found& found) {
  const std::vector<float> values = found.weights->cast_vector<float>();
  const auto weight = [&](std::size_t output, std::size_t input, std::size_t y, std::size_t x) {
    constexpr std::size_t kKernel = WinogradLayer::kKernel;
    return values[((output * found.shape.inputs + input) * kKernel + y) * kKernel + x];
  };
  auto layer = std::make_shared<const WinogradLayer>(found.shape, weight, found.biases, found.relu);
  const NodePointer pixels_last = transposed(found.convolution->input_value(0), {0, 2, 3, 1});
  const auto computed = std::make_shared<WinogradConvolution>(pixels_last, std::move(layer));
  computed->set_friendly_name(found.convolution->get_friendly_name());
  const NodePointer channels_first = transposed(computed, {0, 3, 1, 2});
  channels_first->set_friendly_name(found.last->get_friendly_name());
  channels_first->output(0).set_names(found.last->output(0).get_names());
  ov::replace_node(found.last, channels_first);
}

}  // namespace

std::size_t use_winograd(const std::shared_ptr<ov::Model>& graph) {
  if (best_instructions() == Instructions::none) return 0;
  ov::pass::Manager passes;
  passes.register_pass<ov::pass::ConstantFolding>();
  passes.run_passes(graph);
  std::size_t replaced = 0;
  for (const NodePointer& node : graph->get_ordered_ops()) {
    auto found = find_convolution(node);
    if (!found) continue;
    take_biases(*found);
    take_relu(*found);
    replace(*found);
    ++replaced;
  }
  return replaced;
}

}  // namespace vidi::inference
