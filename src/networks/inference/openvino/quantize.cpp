#include "inference/openvino/quantize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset8.hpp>
#include <set>
#include <utility>
#include <vector>

#include "inference/openvino/instructions.hpp"
#include "inference/openvino/layers.hpp"
#include "inference/openvino/load_graph.hpp"
#include "inference/openvino/precision.hpp"
#include "inference/openvino/value_range.hpp"

namespace vidi::inference {
namespace {

namespace op = ov::opset8;
using Output = ov::Output<ov::Node>;
using Outputs = std::set<Output>;

// A tensor that is to be rounded, and what is known of its values.
struct Activation {
  Output output;
  ValueRange range;
  std::vector<double> sums;  // of the values of each channel
  std::size_t values = 0;    // that each channel had

  [[nodiscard]] std::vector<double> means() const {
    std::vector<double> result = sums;
    for (double& each : result) each /= static_cast<double>(std::max<std::size_t>(1, values));
    return result;
  }
};

bool is_pooling(const ov::Node* node) {
  return ov::is_type<ov::op::v8::MaxPool>(node) || ov::is_type<op::MaxPool>(node);
}

// A maximum of rounded values is the rounded maximum: so the rounding is done before it, and the maximum in 8 bits.
Output before_pooling(Output output) {
  while (is_pooling(output.get_node())) output = output.get_node()->input_value(0);
  return output;
}

Output input_of(const LinearLayer& layer) { return before_pooling(layer.node->input_value(0)); }

// Those whose inputs and weights can be rounded. Not so where every channel is convolved by itself: that takes its time
// for reading, not for multiplying, and OpenVINO computes it no faster in 8 bits.
std::vector<LinearLayer> choose_layers(std::vector<LinearLayer> layers) {
  std::erase_if(layers, [](const LinearLayer& layer) {
    const ov::PartialShape& shape = layer.node->get_input_partial_shape(0);
    return layer.groups > 1 || shape.is_dynamic() || (ov::is_type<op::MatMul>(layer.node) && shape.size() != 2);
  });
  return layers;
}

// What the addition's sum becomes: behind the ReLU that follows it, where one does.
Output result_of(const std::shared_ptr<ov::Node>& addition) {
  const auto next = only_taker(addition);
  return ov::is_type<op::Relu>(next) || ov::is_type<op::Clamp>(next) ? next->output(0) : addition->output(0);
}

// The two ways of a residual block meet in an addition, which OpenVINO makes part of the layer at the end of the second
// when the first arrives in 8 bits. Where that is not an activation already, it is one more.
Outputs find_shortcuts(const ov::Model& graph, const Outputs& activations) {
  Outputs shortcuts;
  for (const auto& node : graph.get_ordered_ops()) {
    if (!ov::is_type<op::Add>(node) || !activations.contains(result_of(node))) continue;
    const Output first = node->input_value(0);
    const Output second = node->input_value(1);
    const bool is_bias = ov::is_type<op::Constant>(first.get_node()) || ov::is_type<op::Constant>(second.get_node());
    if (!is_bias && !activations.contains(first) && !activations.contains(second)) shortcuts.insert(first);
  }
  return shortcuts;
}

// Every so many values of a channel, where there are many: the counts of a large tensor tell the same. Odd, so that the
// places move from row to row of a picture.
std::size_t stride_of(std::size_t values) {
  constexpr std::size_t kEnough = std::size_t{1} << 16U;
  return values <= kEnough ? 1 : values / kEnough | 1U;
}

void count(Activation& activation, const ov::Tensor& tensor) {
  const ov::Shape& shape = tensor.get_shape();
  const std::size_t channels = shape.size() > 1 ? shape[1] : 1;
  const std::span values(tensor.data<const float>(), tensor.get_size());
  activation.sums.resize(channels);
  const std::size_t length = values.size() / (shape[0] * channels);
  const std::size_t stride = std::min(stride_of(values.size()), length);
  std::vector<float> chosen;
  chosen.reserve(values.size() / stride + shape[0] * channels);
  for (std::size_t i = 0; i < shape[0] * channels; ++i) {
    double sum = 0;
    for (std::size_t at = 0; at < length; at += stride) {
      chosen.push_back(values[i * length + at]);
      sum += static_cast<double>(chosen.back());
    }
    activation.sums[i % channels] += sum;
  }
  activation.range.add(chosen);
  activation.values += (length + stride - 1) / stride * shape[0];
}

// One after the other through the part of the graph that leads to `activations`.
void run_pictures(const ov::Model& graph, std::span<Activation> activations, std::span<const std::uint8_t> pictures,
                  std::size_t threads) {
  ov::OutputVector outputs;
  for (const Activation& each : activations) outputs.push_back(each.output);
  const auto part = ov::Model(outputs, graph.get_parameters()).clone();
  ov::PartialShape one = graph.input().get_partial_shape();
  one[0] = 1;
  part->reshape(one);
  ov::CompiledModel model = core().compile_model(
      part, "CPU", ov::num_streams(1), ov::inference_num_threads(static_cast<int>(threads)),
      ov::hint::inference_precision(type_of(Precision::int8)), ov::hint::enable_cpu_pinning(false));
  ov::InferRequest request = model.create_infer_request();
  const std::size_t size = ov::shape_size(one.to_shape());
  for (std::size_t begin = 0; begin < pictures.size(); begin += size) {
    request.set_input_tensor(ov::Tensor(model.input(), pictures.data() + begin));
    request.infer();
    for (std::size_t i = 0; i < activations.size(); ++i) count(activations[i], request.get_output_tensor(i));
  }
}

// As many tensors at a time as fit into a bounded memory.
std::vector<Activation> calibrate(const ov::Model& graph, const Outputs& outputs,
                                  std::span<const std::uint8_t> pictures, std::size_t threads) {
  constexpr std::size_t kMemory = std::size_t{256} << 20U;
  const auto batch = static_cast<std::size_t>(graph.input().get_partial_shape()[0].get_length());
  std::vector<Activation> activations;
  for (const auto& node : graph.get_ordered_ops()) {
    for (const Output& output : node->outputs()) {
      if (outputs.contains(output)) activations.push_back({.output = output, .range = {}, .sums = {}});
    }
  }
  std::size_t begin = 0;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < activations.size(); ++i) {
    const std::size_t size = ov::shape_size(activations[i].output.get_shape()) / batch * sizeof(float);
    if (i > begin && bytes + size > kMemory) {
      run_pictures(graph, std::span(activations).subspan(begin, i - begin), pictures, threads);
      begin = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (begin < activations.size()) run_pictures(graph, std::span(activations).subspan(begin), pictures, threads);
  return activations;
}

Output numbers(const ov::Shape& shape, const std::vector<float>& values) {
  return op::Constant::create(ov::element::f32, shape, values)->output(0);
}

Output rounded(const Output& x, const Output& low, const Output& high, std::size_t levels) {
  return std::make_shared<op::FakeQuantize>(x, low, high, low, high, levels)->output(0);
}

// For the layers in `takers`, for additions, and before maxima. Whatever else takes the tensor has it as it was.
void round_activation(const Activation& activation, const std::set<const ov::Node*>& takers) {
  constexpr std::size_t kLevels = 256;
  const Range range = activation.range.best(kLevels);
  const auto inputs = activation.output.get_target_inputs();
  const Output result = rounded(activation.output, numbers({}, {range.low}), numbers({}, {range.high}), kLevels);
  for (ov::Input<ov::Node> input : inputs) {
    const ov::Node* const taker = input.get_node();
    if (takers.contains(taker) || is_pooling(taker) || ov::is_type<op::Add>(taker)) input.replace_source_output(result);
  }
}

// The end of the steps of one output's weights, and by how much rounding changes the output when the inputs are
// `means`.
struct RoundedRow {
  float end;
  float change;
};

RoundedRow round_row(std::span<const float> weights, std::span<const double> means, float steps) {
  float greatest = 0;
  for (const float weight : weights) greatest = std::max(greatest, std::abs(weight));
  if (greatest == 0) return {.end = 1, .change = 0};
  const float step = greatest / steps;
  const std::size_t kernel = weights.size() / means.size();
  double change = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float value = std::nearbyint(weights[i] / step) * step;
    change += (static_cast<double>(value) - static_cast<double>(weights[i])) * means[i / kernel];
  }
  return {.end = step * 127, .change = static_cast<float>(change)};
}

// Each output's by themselves, and symmetric. The biases take back what that changes on average.
void round_weights(const LinearLayer& layer, const std::vector<double>& means) {
  // Without VNNI two products are summed up in 16 bits, where only weights of 7 bits fit.
  const float steps = has_vnni() ? 127 : 63;
  const std::vector<float> weights = layer.weights->cast_vector<float>();
  const std::size_t length = weights.size() / layer.outputs;
  std::vector<float> highs;
  std::vector<float> lows;
  std::vector<float> corrections;
  for (std::size_t output = 0; output < layer.outputs; ++output) {
    const auto [end, change] = round_row(std::span(weights).subspan(output * length, length), means, steps);
    highs.push_back(end);
    lows.push_back(-end);
    corrections.push_back(-change);
  }
  ov::Shape shape(layer.weights->get_shape().size(), 1);
  shape[0] = layer.outputs;
  const Output result = rounded(layer.weights->output(0), numbers(shape, lows), numbers(shape, highs), 255);
  layer.node->input(1).replace_source_output(result);
  add_to_biases(layer, corrections);
}

}  // namespace

Result<std::size_t> quantize(const std::shared_ptr<ov::Model>& graph, std::span<const std::uint8_t> pictures,
                             std::size_t threads) {
  const ov::Shape& batch = graph->input().get_shape();
  const std::size_t size = ov::shape_size(batch) / batch[0];
  if (pictures.empty() || pictures.size() % size != 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("int8 finds its ranges with pictures of {} bytes, as the network takes them: {} bytes were "
                            "given",
                            size, pictures.size()));
  }
  std::vector<LinearLayer> layers = choose_layers(take_layers(graph));
  Outputs outputs;
  for (const LinearLayer& layer : layers) outputs.insert(input_of(layer));
  const Outputs shortcuts = find_shortcuts(*graph, outputs);
  outputs.insert(shortcuts.begin(), shortcuts.end());
  std::vector<Activation> activations = calibrate(*graph, outputs, pictures, threads);

  // Half of the steps are lost on a sign, and bf16 is as fast as what OpenVINO has for such inputs: where the processor
  // has it, layers behind a linear bottleneck stay as they are, and anywhere the first, whose input is the picture.
  const bool has_bf16 = type_of(Precision::int8) == ov::element::bf16;
  const Output first = activations.empty() ? Output() : activations.front().output;
  std::erase_if(activations, [&](const Activation& each) {
    return each.range.least() < 0 && !shortcuts.contains(each.output) && (has_bf16 || each.output == first);
  });
  const auto find = [&](const LinearLayer& layer) {
    return std::ranges::find(activations, input_of(layer), &Activation::output);
  };
  std::erase_if(layers, [&](const LinearLayer& layer) { return find(layer) == activations.end(); });
  std::set<const ov::Node*> takers;
  for (const LinearLayer& layer : layers) {
    takers.insert(layer.node.get());
    round_weights(layer, find(layer)->means());
  }
  for (const Activation& activation : activations) round_activation(activation, takers);
  graph->validate_nodes_and_infer_types();
  return layers.size();
}

}  // namespace vidi::inference
