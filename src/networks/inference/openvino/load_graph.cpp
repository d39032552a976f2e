#include "inference/openvino/load_graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/openvino.hpp>
#include <optional>
#include <set>
#include <span>
#include <spanstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "inference/file_form.hpp"

namespace vidi::inference {
namespace {

namespace fe = ov::frontend;
using Parameters = std::vector<std::shared_ptr<ov::op::v0::Parameter>>;
using Shapes = std::vector<std::vector<std::int64_t>>;

const char* framework_of(FileForm form) {
  if (form == FileForm::onnx) return "onnx";
  if (form == FileForm::tflite) return "tflite";
  return "tf";
}

// Front ends stay loaded: unloading one after each network would leave memory behind.
fe::FrontEnd::Ptr front_end_for(FileForm form) {
  static fe::FrontEndManager manager;
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  return manager.load_by_framework(framework_of(form));
}

template <typename Port>
bool is_called(const Port& port, const std::string& name) {
  // TensorFlow's operation "y" has the tensor "y:0".
  const auto& names = port.get_names();
  return names.contains(name) || names.contains(name + ":0") || port.get_node()->get_friendly_name() == name;
}

template <typename Port>
std::string name_of(const Port& port) {
  const auto& names = port.get_names();
  return names.empty() ? port.get_node()->get_friendly_name() : *std::min_element(names.begin(), names.end());
}

std::string name_of(const std::shared_ptr<ov::op::v0::Parameter>& parameter) { return name_of(parameter->output(0)); }

template <typename Range>
std::string names_of(const Range& ports) {
  std::vector<std::string> names;
  for (const auto& port : ports) names.push_back(name_of(port));
  return fmt::format("{}", fmt::join(names, ", "));
}

std::optional<std::vector<std::int64_t>> sizes_of(const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return std::nullopt;
  std::vector<std::int64_t> sizes;
  for (const ov::Dimension& dimension : shape) sizes.push_back(dimension.is_static() ? dimension.get_length() : -1);
  return sizes;
}

std::string text_of(const ov::PartialShape& shape) {
  const auto sizes = sizes_of(shape);
  return sizes ? shape_text(*sizes) : "[any number of dimensions]";
}

Result<ov::Output<ov::Node>> choose_output(const ov::Model& graph, const std::string& name) {
  const std::vector<ov::Output<const ov::Node>> outputs = graph.outputs();
  auto found = outputs.end();
  if (!name.empty()) {
    found = std::ranges::find_if(outputs, [&](const auto& port) { return is_called(port, name); });
  } else if (outputs.size() == 1) {
    found = outputs.begin();
  }
  if (found != outputs.end()) {
    return graph.get_results()[static_cast<std::size_t>(found - outputs.begin())]->input_value(0);
  }
  return fail(ErrorCode::invalid_argument,
              name.empty() ? fmt::format("the network has {} outputs ({}): name one", outputs.size(), names_of(outputs))
                           : fmt::format("the network has no output '{}'; it has {}", name, names_of(outputs)));
}

// Those that the output is computed from, in the graph's order.
Parameters parameters_of(const ov::Model& graph, const ov::Output<ov::Node>& output) {
  std::set<const ov::Node*> seen;
  std::vector<ov::Node*> waiting{output.get_node()};
  while (!waiting.empty()) {
    ov::Node* node = waiting.back();
    waiting.pop_back();
    if (!seen.insert(node).second) continue;
    for (std::size_t i = 0; i < node->get_input_size(); ++i) waiting.push_back(node->get_input_node_ptr(i));
  }
  Parameters found;
  for (const auto& parameter : graph.get_parameters()) {
    if (seen.contains(parameter.get())) found.push_back(parameter);
  }
  return found;
}

// Takes those that `constants` set out of `parameters`.
Result<void> set_constants(Parameters& parameters, const std::map<std::string, double>& constants) {
  for (const auto& [name, value] : constants) {
    const auto found = std::ranges::find_if(parameters, [&](const auto& p) { return is_called(p->output(0), name); });
    if (found == parameters.end()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the network has no input '{}' to set to {}; its output depends on {}", name, value,
                              names_of(parameters)));
    }
    const ov::PartialShape& shape = (*found)->get_partial_shape();
    const ov::Shape sizes = shape.is_static() ? shape.to_shape() : ov::Shape{};
    const auto constant = ov::op::v0::Constant::create((*found)->get_element_type(), sizes, std::vector{value});
    (*found)->output(0).replace(constant->output(0));
    parameters.erase(found);
  }
  return {};
}

Result<std::shared_ptr<ov::op::v0::Parameter>> choose_input(const Parameters& parameters, const std::string& name) {
  auto found = parameters.end();
  if (!name.empty()) {
    found = std::ranges::find_if(parameters, [&](const auto& p) { return is_called(p->output(0), name); });
  } else if (parameters.size() == 1) {
    found = parameters.begin();
  }
  if (found == parameters.end()) {
    return fail(ErrorCode::invalid_argument,
                name.empty()
                    ? fmt::format("the network has {} inputs ({}): name one", parameters.size(), names_of(parameters))
                    : fmt::format("the network has no input '{}'; it has {}", name, names_of(parameters)));
  }
  if (parameters.size() == 1) return *found;
  Parameters others = parameters;
  std::erase(others, *found);
  return fail(ErrorCode::invalid_argument,
              fmt::format("besides the input '{}' the network needs {}: give them values in [input.constants]",
                          name_of((*found)->output(0)), names_of(others)));
}

ov::PartialShape to_partial_shape(const std::vector<std::int64_t>& sizes) {
  std::vector<ov::Dimension> dimensions;
  for (const std::int64_t size : sizes) dimensions.emplace_back(size);
  return dimensions;
}

bool fits(const ov::PartialShape& network, const std::vector<std::int64_t>& wanted) {
  if (network.rank().is_dynamic()) return true;
  if (network.size() != wanted.size()) return false;
  for (std::ptrdiff_t i = 1; i < std::ssize(wanted); ++i) {
    if (!network[i].compatible(ov::Dimension(wanted[static_cast<std::size_t>(i)]))) return false;
  }
  return true;
}

// Whether the graph can be given that shape and still answers one row a picture.
bool reshaped(const std::shared_ptr<ov::Model>& graph, const ov::PartialShape& shape) {
  try {
    graph->reshape(shape);
    const ov::PartialShape& answer = graph->output().get_partial_shape();
    return answer.rank().is_dynamic() || (answer.size() > 0 && answer[0].is_dynamic());
  } catch (const std::exception&) {
    return false;
  }
}

// Settles what the network leaves open, and opens a batch of fixed size.
Result<void> shape_input(std::shared_ptr<ov::Model>& graph, const Shapes& shapes) {
  ov::PartialShape shape = graph->input().get_partial_shape();
  if (!shapes.empty()) {
    const auto found = std::ranges::find_if(shapes, [&](const auto& wanted) { return fits(shape, wanted); });
    if (found == shapes.end()) {
      std::vector<std::string> texts;
      for (const auto& wanted : shapes) texts.push_back(shape_text(wanted));
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the input '{}' has the shape {}, and pictures as they are described have {}",
                              name_of(graph->input()), text_of(shape), fmt::join(texts, " or ")));
    }
    const ov::Dimension rows = shape.rank().is_dynamic() ? ov::Dimension::dynamic() : shape[0];
    shape = to_partial_shape(*found);
    shape[0] = rows;
  }
  if (shape.rank().is_dynamic() || shape.size() == 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("the input '{}' may have {}: a batch of pictures was expected",
                                                         name_of(graph->input()), text_of(shape)));
  }
  ov::PartialShape any = shape;
  any[0] = ov::Dimension::dynamic();
  const std::shared_ptr<ov::Model> as_it_was = graph->clone();
  if (reshaped(graph, any)) return {};
  graph = as_it_was;
  if (shape[0].is_dynamic()) shape[0] = 1;
  graph->reshape(shape);
  return {};
}

TensorInfo describe(const ov::Output<ov::Node>& port, const std::string& name) {
  TensorInfo info;
  info.name = name.empty() ? name_of(port) : name;
  if (const auto sizes = sizes_of(port.get_partial_shape())) info.shape = *sizes;
  return info;
}

// What load_graph says of a graph that has been read.
Result<LoadedGraph> cut_graph(const std::shared_ptr<ov::Model>& whole, const LoadOptions& options) {
  auto output = choose_output(*whole, options.output);
  if (!output) return forward_error(output);
  Parameters parameters = parameters_of(*whole, *output);
  if (auto set = set_constants(parameters, options.constants); !set) return forward_error(set);
  auto input = choose_input(parameters, options.input);
  if (!input) return forward_error(input);
  LoadedGraph network;
  network.graph = std::make_shared<ov::Model>(ov::OutputVector{*output}, ov::ParameterVector{*input});
  network.graph->validate_nodes_and_infer_types();
  if (auto shaped = shape_input(network.graph, options.input_shapes); !shaped) return forward_error(shaped);
  network.input = describe(network.graph->input(), options.input);
  network.output = describe(network.graph->output(), options.output);
  ov::preprocess::PrePostProcessor ends(network.graph);
  ends.input().tensor().set_element_type(ov::element::f32);
  ends.output().tensor().set_element_type(ov::element::f32);
  network.graph = ends.build();
  return network;
}

}  // namespace

ov::Core& core() {
  static ov::Core instance;
  return instance;
}

std::string reason_of(const std::exception& error) {
  std::istringstream lines(error.what());
  std::string reason;
  for (std::string line; std::getline(lines, line);) {
    const bool is_place = line.starts_with("Exception from ") || line.starts_with("Check '") ||
                          line.starts_with("FrontEnd API failed") || line.starts_with("To facilitate");
    if (is_place || line.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (!reason.empty()) reason += ' ';
    reason += line;
  }
  return reason.empty() ? error.what() : reason;
}

bool is_checkpoint(const std::string& path) { return form_of(path) == FileForm::tensorflow_checkpoint; }

Result<std::shared_ptr<ov::Model>> read_whole_graph(const std::string& path, const std::string& output) {
  if (form_of(path) == FileForm::openvino_ir) return core().read_model(path);
  const fe::FrontEnd::Ptr front_end = front_end_for(form_of(path));
  const fe::InputModel::Ptr model = front_end->load(path);
  if (is_checkpoint(path) && !output.empty()) {
    // The graph also holds how it was trained, which cannot be converted and need not be.
    fe::Place::Ptr place;
    try {
      place = model->get_place_by_tensor_name(output);
    } catch (const std::exception&) {
      place = nullptr;
    }
    if (!place) {
      return fail(ErrorCode::invalid_argument, fmt::format("the graph has no tensor '{}' to be the output", output));
    }
    model->override_all_outputs({place});
  }
  return front_end->convert(model);
}

Ports list_checkpoint_ports(const std::string& path) {
  const fe::FrontEnd::Ptr front_end = front_end_for(form_of(path));
  const fe::InputModel::Ptr model = front_end->load(path);
  Ports ports;
  const auto add = [&](std::vector<Port>& to, const fe::Place::Ptr& place) {
    Port port;
    const std::vector<std::string> names = place->get_names();
    if (!names.empty()) port.name = names.front();
    port.type = model->get_element_type(place).get_type_name();
    port.shape = sizes_of(model->get_partial_shape(place));
    to.push_back(std::move(port));
  };
  for (const auto& place : model->get_inputs()) add(ports.inputs, place);
  for (const auto& place : model->get_outputs()) add(ports.outputs, place);
  return ports;
}

Result<LoadedGraph> load_graph(const std::string& path, const LoadOptions& options) {
  auto whole = read_whole_graph(path, options.output);
  if (!whole) return forward_error(whole);
  return cut_graph(*whole, options);
}

Result<LoadedGraph> load_graph(ByteView onnx, const LoadOptions& options) {
  const std::string_view text = as_text(onnx);
  std::ispanstream stream(std::span(text.data(), text.size()));
  const fe::FrontEnd::Ptr front_end = front_end_for(FileForm::onnx);
  const fe::InputModel::Ptr model = front_end->load(static_cast<std::istream*>(&stream));
  return cut_graph(front_end->convert(model), options);
}

}  // namespace vidi::inference
