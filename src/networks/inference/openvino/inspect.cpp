#include <fmt/format.h>

#include <algorithm>
#include <openvino/op/constant.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/openvino.hpp>
#include <set>

#include "inference/openvino/load_graph.hpp"
#include "inference/openvino/openvino_runtime.hpp"

namespace vidi::inference {
namespace {

std::vector<std::int64_t> known_sizes(const ov::PartialShape& shape) {
  std::vector<std::int64_t> sizes;
  if (shape.rank().is_dynamic()) return sizes;
  for (const ov::Dimension& dimension : shape) sizes.push_back(dimension.is_static() ? dimension.get_length() : -1);
  return sizes;
}

template <typename PortOfGraph>
Port describe(const PortOfGraph& port) {
  Port result;
  const auto& names = port.get_names();
  result.name = names.empty() ? port.get_node()->get_friendly_name() : *std::min_element(names.begin(), names.end());
  result.type = port.get_element_type().get_type_name();
  if (port.get_partial_shape().rank().is_static()) result.shape = known_sizes(port.get_partial_shape());
  return result;
}

// The product of what is known; sizes that are not known count as one.
std::uint64_t product(const ov::PartialShape& shape, std::ptrdiff_t from = 0) {
  std::uint64_t result = 1;
  if (shape.rank().is_dynamic()) return result;
  for (auto size = shape.begin() + from; size < shape.end(); ++size) {
    if (size->is_static()) result *= static_cast<std::uint64_t>(size->get_length());
  }
  return result;
}

// For one picture. A convolution's weights are (outputs, inputs, kernel...), of groups (groups, outputs, inputs,
// kernel...), and each of its outputs takes a product for each weight of its channel. A convolution that is run
// backwards does so for each of its inputs.
std::uint64_t multiply_adds(const ov::Node& node) {
  const std::string type = node.get_type_name();
  if (node.get_input_size() < 2 || node.get_output_size() == 0) return 0;
  const ov::PartialShape& in = node.get_input_partial_shape(0);
  const ov::PartialShape& weights = node.get_input_partial_shape(1);
  const ov::PartialShape& out = node.get_output_partial_shape(0);
  if (in.rank().is_dynamic() || weights.rank().is_dynamic() || out.rank().is_dynamic()) return 0;
  if (type == "Convolution" || type == "GroupConvolution") return product(out, 2) * product(weights);
  if (type == "ConvolutionBackpropData" || type == "GroupConvolutionBackpropData") {
    return product(in, 2) * product(weights);
  }
  if (type == "MatMul" && out.size() > 0) {
    // Each number of the first matrix meets every column of the second.
    return product(in) * product(out, static_cast<std::ptrdiff_t>(out.size()) - 1);
  }
  return 0;
}

bool is_constant(const ov::Node& node) { return node.get_type_info().name == std::string_view("Constant"); }

class Summarizer {
 public:
  explicit Summarizer(const ov::Model& graph) : graph_(graph) {
    for (const auto& node : graph.get_ordered_ops()) {
      if (depends_on_input(*node)) varying_.insert(node.get());
    }
  }

  std::vector<Layer> layers() {
    std::vector<Layer> result;
    for (const auto& node : graph_.get_ordered_ops()) {
      const std::string type = node->get_type_name();
      if (!varying_.contains(node.get()) || type == "Parameter" || type == "Result") continue;
      Layer layer;
      layer.type = type;
      layer.name = node->get_friendly_name();
      if (node->get_output_size() > 0) layer.shape = known_sizes(node->get_output_partial_shape(0));
      for (std::size_t i = 0; i < node->get_input_size(); ++i) layer.parameters += parameters(*node, i);
      layer.multiply_adds = multiply_adds(*node);
      result.push_back(std::move(layer));
    }
    return result;
  }

 private:
  [[nodiscard]] bool depends_on_input(const ov::Node& node) const {
    if (node.get_type_info().name == std::string_view("Parameter")) return true;
    for (std::size_t i = 0; i < node.get_input_size(); ++i) {
      if (varying_.contains(node.get_input_node_ptr(i))) return true;
    }
    return false;
  }

  // The trained numbers that reach this input without depending on the picture. Whole numbers that say how to reshape
  // or where to cut are not trained; those that become real ones on the way are.
  std::uint64_t parameters(const ov::Node& node, std::size_t input) {
    if (!node.get_input_element_type(input).is_real()) return 0;
    return constants_of(*node.get_input_node_ptr(input));
  }

  std::uint64_t constants_of(const ov::Node& node) {
    if (varying_.contains(&node) || !counted_.insert(&node).second) return 0;
    // A number without a dimension is a factor that the format asks for, such as Gemm's alpha.
    if (is_constant(node)) return node.get_output_shape(0).empty() ? 0 : ov::shape_size(node.get_output_shape(0));
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < node.get_input_size(); ++i) {
      const bool is_shape = i > 0 && !node.get_input_element_type(i).is_real();
      if (!is_shape) sum += constants_of(*node.get_input_node_ptr(i));
    }
    return sum;
  }

  const ov::Model& graph_;
  std::set<const ov::Node*> varying_;  // those that depend on the input
  std::set<const ov::Node*> counted_;
};

Error not_loaded(const std::string& path, const std::exception& error) {
  return {ErrorCode::invalid_argument, fmt::format("{} is not a network that can be read: {}", path, reason_of(error))};
}

}  // namespace

Result<Ports> OpenVinoRuntime::list_ports(const std::string& path) const {
  try {
    if (is_checkpoint(path)) return list_checkpoint_ports(path);
    const auto graph = read_whole_graph(path, "");
    if (!graph) return fail(graph.error().code, fmt::format("{}: {}", path, graph.error().message));
    Ports ports;
    for (const auto& port : (*graph)->inputs()) ports.inputs.push_back(describe(port));
    for (const auto& port : (*graph)->outputs()) {
      ports.outputs.push_back(describe(port));
      const std::string made_by = port.get_node()->get_input_node_ptr(0)->get_type_name();
      ports.outputs.back().is_softmax = made_by == "Softmax";
    }
    return ports;
  } catch (const std::exception& error) {
    return std::unexpected(not_loaded(path, error));
  }
}

Result<Summary> OpenVinoRuntime::summarize(const std::string& path, const LoadOptions& options) const {
  try {
    auto network = load_graph(path, options);
    if (!network) return fail(network.error().code, fmt::format("{}: {}", path, network.error().message));
    Summary summary;
    summary.input = {.name = network->input.name, .type = "f32", .shape = network->input.shape};
    summary.output = {.name = network->output.name, .type = "f32", .shape = network->output.shape};
    ov::PartialShape one = network->graph->input().get_partial_shape();
    if (one.size() > 0 && one[0].is_dynamic()) {
      one[0] = 1;
      network->graph->reshape(one);
    }
    summary.layers = Summarizer(*network->graph).layers();
    for (const Layer& layer : summary.layers) {
      summary.parameters += layer.parameters;
      summary.multiply_adds += layer.multiply_adds;
    }
    return summary;
  } catch (const std::exception& error) {
    return std::unexpected(not_loaded(path, error));
  }
}

}  // namespace vidi::inference
