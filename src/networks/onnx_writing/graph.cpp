#include "onnx_writing/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace vidi::onnx_writing {
namespace {

using Names = std::set<std::string, std::less<>>;

// From this version of the standard operator set on, arithmetic operators and Gemm broadcast as they do in later ones.
constexpr std::int64_t kLeastOperatorSet = 7;

std::vector<std::string> names_of(const auto& values) {
  std::vector<std::string> names;
  for (const auto& value : values) names.push_back(value.name());
  return names;
}

void find_taken(const onnx::GraphProto& graph, Names& taken);

// Every value that a node takes, those included that the graphs inside it take from outside.
void find_taken(const onnx::NodeProto& node, Names& taken) {
  taken.insert(node.input().begin(), node.input().end());
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) find_taken(attribute.g(), taken);
    for (const auto& graph : attribute.graphs()) find_taken(graph, taken);
  }
}

void find_taken(const onnx::GraphProto& graph, Names& taken) {
  Names inside;
  for (const auto& node : graph.node()) find_taken(node, inside);
  for (const auto& output : graph.output()) inside.insert(output.name());
  Names own;
  for (const auto& node : graph.node()) own.insert(node.output().begin(), node.output().end());
  for (const auto& input : graph.input()) own.insert(input.name());
  for (const auto& constant : graph.initializer()) own.insert(constant.name());
  for (const auto& name : inside) {
    if (!own.contains(name)) taken.insert(name);
  }
}

// What has a name in a graph before any node runs.
struct Given {
  Names inputs;
  Names constants;

  explicit Given(const onnx::GraphProto& graph) {
    for (const auto& constant : graph.initializer()) constants.insert(constant.name());
    for (const auto& constant : graph.sparse_initializer()) constants.insert(constant.values().name());
    for (const auto& input : graph.input()) {
      if (!constants.contains(input.name())) inputs.insert(input.name());
    }
  }

  [[nodiscard]] bool contains(const std::string& name) const {
    return inputs.contains(name) || constants.contains(name);
  }
};

struct Needed {
  Names values;
  std::set<int> nodes;
};

Result<Needed> find_needed(const onnx::GraphProto& graph, const std::string& output) {
  const Given given(graph);
  std::map<std::string, int, std::less<>> makers;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const auto& made : graph.node(i).output()) makers.emplace(made, i);
  }
  Needed needed;
  std::vector<std::string> open{output};
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    // An input that is left out has an empty name.
    if (name.empty() || !needed.values.insert(name).second || given.contains(name)) continue;
    const auto maker = makers.find(name);
    if (maker == makers.end()) {
      return fail(ErrorCode::undecodable,
                  fmt::format("the ONNX model takes the value '{}', which nothing makes", name));
    }
    if (!needed.nodes.insert(maker->second).second) continue;
    Names taken;
    find_taken(graph.node(maker->second), taken);
    open.insert(open.end(), taken.begin(), taken.end());
  }
  return needed;
}

// Keeps the elements for which `is_kept(element, position)`.
void keep(auto& elements, auto is_kept) {
  int kept = 0;
  for (int i = 0; i < elements.size(); ++i) {
    if (!is_kept(elements.Get(i), i)) continue;
    if (kept != i) elements.SwapElements(kept, i);
    ++kept;
  }
  elements.DeleteSubrange(kept, elements.size() - kept);
}

Result<void> check_operator_set(const onnx::ModelProto& model) {
  for (const auto& set : model.opset_import()) {
    const bool is_standard = set.domain().empty() || set.domain() == "ai.onnx";
    if (is_standard && set.version() < kLeastOperatorSet) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the ONNX model is written in version {} of the operator set; export it in version {} or "
                              "later",
                              set.version(), kLeastOperatorSet));
    }
  }
  return {};
}

Result<std::string> choose_output(const onnx::GraphProto& graph, std::string_view output) {
  const auto names = names_of(graph.output());
  if (names.empty()) return fail(ErrorCode::undecodable, "the ONNX model has no output");
  if (output.empty() && names.size() == 1) return names.front();
  for (const auto& name : names) {
    if (name == output) return name;
  }
  return fail(ErrorCode::invalid_argument,
              output.empty()
                  ? fmt::format("the ONNX model has {} outputs: name one of {}", names.size(), fmt::join(names, ", "))
                  : fmt::format("the ONNX model has no output '{}'; it has {}", output, fmt::join(names, ", ")));
}

Result<void> check_constants(const onnx::GraphProto& graph) {
  for (const auto& constant : graph.initializer()) {
    if (constant.data_location() != onnx::TensorProto::EXTERNAL) continue;
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("the ONNX model keeps '{}' in another file; save it with all its weights in one", constant.name()));
  }
  return {};
}

}  // namespace

Result<onnx::ModelProto> parse_model(ByteView file) {
  onnx::ModelProto model;
  if (file.empty() || file.size() > std::numeric_limits<int>::max() ||
      !model.ParseFromArray(file.data(), static_cast<int>(file.size())) || !model.has_graph()) {
    return fail(ErrorCode::undecodable, "the file is not an ONNX model: it cannot be parsed");
  }
  return model;
}

Result<Bytes> model_bytes(const onnx::ModelProto& model) {
  const std::size_t size = model.ByteSizeLong();
  if (size > std::numeric_limits<int>::max()) {
    return fail(ErrorCode::internal, "the model is over 2 GiB, the most that an ONNX file can hold");
  }
  Bytes bytes(size);
  google::protobuf::io::ArrayOutputStream stream(bytes.data(), static_cast<int>(size));
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  model.SerializeWithCachedSizes(&coded);
  return bytes;
}

Result<onnx::ModelProto> part_of(onnx::ModelProto model, std::string_view output) {
  onnx::GraphProto& graph = *model.mutable_graph();
  const auto name = choose_output(graph, output);
  if (!name) return forward_error(name);
  if (auto good = check_operator_set(model); !good) return forward_error(good);
  const auto needed = find_needed(graph, *name);
  if (!needed) return forward_error(needed);
  const auto is_needed = [&](const std::string& value) { return needed->values.contains(value); };
  const Given given(graph);
  keep(*graph.mutable_node(), [&](const auto&, int i) { return needed->nodes.contains(i); });
  keep(*graph.mutable_input(),
       [&](const auto& input, int) { return is_needed(input.name()) && given.inputs.contains(input.name()); });
  keep(*graph.mutable_initializer(), [&](const auto& constant, int) { return is_needed(constant.name()); });
  keep(*graph.mutable_sparse_initializer(),
       [&](const auto& constant, int) { return is_needed(constant.values().name()); });
  keep(*graph.mutable_output(), [&](const auto& each, int) { return each.name() == *name; });
  keep(*graph.mutable_quantization_annotation(),
       [&](const auto& annotation, int) { return is_needed(annotation.tensor_name()); });
  graph.clear_value_info();
  model.clear_training_info();
  if (auto good = check_constants(graph); !good) return forward_error(good);
  return model;
}

}  // namespace vidi::onnx_writing
