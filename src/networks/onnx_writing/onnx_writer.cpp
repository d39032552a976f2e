#include "onnx_writing/onnx_writer.hpp"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "onnx_writing/graph.hpp"
#include "onnx_writing/half.hpp"

namespace vidi::onnx_writing {
namespace {

// A model file keeps floats least significant byte first.
static_assert(std::endian::native == std::endian::little);

void set_value(onnx::ValueInfoProto& value, std::string_view name, const std::vector<Dimension>& shape) {
  value.set_name(std::string(name));
  onnx::TypeProto_Tensor& type = *value.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  for (const Dimension& dimension : shape) {
    onnx::TensorShapeProto_Dimension& target = *type.mutable_shape()->add_dim();
    if (const auto* size = std::get_if<std::int64_t>(&dimension)) target.set_dim_value(*size);
    if (const auto* symbol = std::get_if<std::string>(&dimension)) target.set_dim_param(*symbol);
  }
}

struct AttributeValue {
  onnx::AttributeProto& target;

  void operator()(std::int64_t value) const {
    target.set_type(onnx::AttributeProto::INT);
    target.set_i(value);
  }
  void operator()(float value) const {
    target.set_type(onnx::AttributeProto::FLOAT);
    target.set_f(value);
  }
  void operator()(const std::string& value) const {
    target.set_type(onnx::AttributeProto::STRING);
    target.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    target.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) target.add_ints(value);
  }
};

std::vector<Dimension> shape_of(const onnx::ValueInfoProto& value) {
  std::vector<Dimension> shape;
  for (const auto& dimension : value.type().tensor_type().shape().dim()) {
    if (dimension.has_dim_value()) {
      shape.emplace_back(dimension.dim_value());
    } else {
      shape.emplace_back(dimension.dim_param());
    }
  }
  return shape;
}

bool has_value(const onnx::GraphProto& graph, const std::string& name) {
  const auto is_it = [&](const auto& each) { return each.name() == name; };
  const auto makes_it = [&](const auto& node) { return std::ranges::find(node.output(), name) != node.output().end(); };
  return std::ranges::any_of(graph.input(), is_it) || std::ranges::any_of(graph.initializer(), is_it) ||
         std::ranges::any_of(graph.node(), makes_it);
}

}  // namespace

OnnxWriter::OnnxWriter(std::string_view graph_name) : model_(std::make_unique<onnx::ModelProto>()) {
  model_->set_ir_version(kIrVersion);
  model_->set_producer_name("vidi");
  model_->add_opset_import()->set_version(kOperatorSet);
  model_->mutable_graph()->set_name(std::string(graph_name));
}

OnnxWriter::~OnnxWriter() = default;

Result<Value> OnnxWriter::add_model(ByteView model, std::string_view output) {
  const onnx::GraphProto& graph = model_->graph();
  if (graph.node_size() + graph.input_size() + graph.initializer_size() > 0) {
    return fail(ErrorCode::conflict, "a model can only be taken over into an empty graph");
  }
  auto parsed = parse_model(model);
  if (!parsed) return forward_error(parsed);
  auto part = part_of(std::move(*parsed), output);
  if (!part) return forward_error(part);
  const std::string name = graph.name();
  Value value{.name = part->graph().output(0).name(), .shape = shape_of(part->graph().output(0))};
  model_->mutable_graph()->Swap(part->mutable_graph());
  model_->mutable_graph()->set_name(name);
  model_->mutable_graph()->clear_output();
  model_->mutable_opset_import()->Swap(part->mutable_opset_import());
  model_->mutable_functions()->Swap(part->mutable_functions());
  model_->set_ir_version(std::max(kIrVersion, part->ir_version()));
  return value;
}

std::string OnnxWriter::unused_name(const std::string& wish) const {
  std::string name = wish;
  for (int i = 2; has_value(model_->graph(), name); ++i) name = wish + "_" + std::to_string(i);
  return name;
}

void OnnxWriter::add_input(std::string_view name, const std::vector<Dimension>& shape) {
  set_value(*model_->mutable_graph()->add_input(), name, shape);
}

void OnnxWriter::add_output(std::string_view name, const std::vector<Dimension>& shape) {
  set_value(*model_->mutable_graph()->add_output(), name, shape);
}

void OnnxWriter::add_constant(std::string_view name, const std::vector<std::int64_t>& shape,
                              std::span<const float> values) {
  onnx::TensorProto& tensor = *model_->mutable_graph()->add_initializer();
  tensor.set_name(std::string(name));
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : shape) tensor.add_dims(size);
  tensor.set_raw_data(values.data(), values.size_bytes());
}

void OnnxWriter::add_half_constant(std::string_view name, const std::vector<std::int64_t>& shape,
                                   std::span<const float> values) {
  const std::string half = std::string(name) + "_half";
  onnx::TensorProto& tensor = *model_->mutable_graph()->add_initializer();
  tensor.set_name(half);
  tensor.set_data_type(onnx::TensorProto::FLOAT16);
  for (const std::int64_t size : shape) tensor.add_dims(size);
  std::vector<std::uint16_t> halves(values.size());
  std::ranges::transform(values, halves.begin(), to_half);
  tensor.set_raw_data(halves.data(), halves.size() * sizeof(std::uint16_t));
  add_node({.operation = "Cast",
            .inputs = {half},
            .outputs = {std::string(name)},
            .attributes = {{.name = "to", .value = std::int64_t{onnx::TensorProto::FLOAT}}}});
}

void OnnxWriter::add_node(const Node& node) {
  onnx::NodeProto& target = *model_->mutable_graph()->add_node();
  target.set_op_type(node.operation);
  for (const std::string& input : node.inputs) target.add_input(input);
  for (const std::string& output : node.outputs) target.add_output(output);
  if (!node.outputs.empty()) target.set_name(node.outputs.front());
  for (const Attribute& attribute : node.attributes) {
    onnx::AttributeProto& added = *target.add_attribute();
    added.set_name(attribute.name);
    std::visit(AttributeValue{added}, attribute.value);
  }
}

std::string OnnxWriter::add_image_input(std::int64_t side) {
  add_input("image", {"n", side, side, std::int64_t{1}});
  add_node({.operation = "Transpose",
            .inputs = {"image"},
            .outputs = {"pixels"},
            .attributes = {{"perm", std::vector<std::int64_t>{0, 3, 1, 2}}}});
  return "pixels";
}

std::string OnnxWriter::add_convolution(const Convolution& convolution) {
  const auto& [name, input, outputs, inputs, kernel, padding, weights, biases] = convolution;
  add_half_constant(name + "_weights", {outputs, inputs, kernel, kernel}, weights);
  add_half_constant(name + "_biases", {outputs}, biases);
  add_node({.operation = "Conv",
            .inputs = {input, name + "_weights", name + "_biases"},
            .outputs = {name},
            .attributes = {{"kernel_shape", std::vector<std::int64_t>{kernel, kernel}},
                           {"pads", std::vector<std::int64_t>(4, padding)}}});
  return name;
}

std::string OnnxWriter::add_dense(const Dense& dense) {
  const auto& [name, input, outputs, inputs, weights, biases] = dense;
  add_half_constant(name + "_weights", {outputs, inputs}, weights);
  add_half_constant(name + "_biases", {outputs}, biases);
  add_node({.operation = "Flatten",
            .inputs = {input},
            .outputs = {name + "_inputs"},
            .attributes = {{.name = "axis", .value = std::int64_t{1}}}});
  add_node({.operation = "Gemm",
            .inputs = {name + "_inputs", name + "_weights", name + "_biases"},
            .outputs = {name},
            .attributes = {{.name = "transB", .value = std::int64_t{1}}}});
  return name;
}

std::string OnnxWriter::add_relu(const std::string& input) {
  add_node({.operation = "Relu", .inputs = {input}, .outputs = {input + "_relu"}, .attributes = {}});
  return input + "_relu";
}

std::string OnnxWriter::add_pooling(const std::string& input) {
  add_node({.operation = "MaxPool",
            .inputs = {input},
            .outputs = {input + "_pooled"},
            .attributes = {{"kernel_shape", std::vector<std::int64_t>{2, 2}},
                           {"strides", std::vector<std::int64_t>{2, 2}}}});
  return input + "_pooled";
}

void OnnxWriter::add_softmax(const std::string& scores, const std::string& probabilities) {
  const Attribute first{.name = "axis", .value = std::int64_t{1}};
  add_node({.operation = "Flatten", .inputs = {scores}, .outputs = {scores + "_flat"}, .attributes = {first}});
  add_node({.operation = "Softmax", .inputs = {scores + "_flat"}, .outputs = {probabilities}, .attributes = {first}});
}

void OnnxWriter::add_choice(const std::string& condition, const OnnxWriter& then, const OnnxWriter& otherwise,
                            const std::string& output) {
  add_node({.operation = "If", .inputs = {condition}, .outputs = {output}, .attributes = {}});
  onnx::NodeProto& node = *model_->mutable_graph()->mutable_node()->rbegin();
  for (const auto& [name, branch] : {std::pair{"then_branch", &then}, std::pair{"else_branch", &otherwise}}) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = branch->model_->graph();
  }
}

Result<Bytes> OnnxWriter::finish() const { return model_bytes(*model_); }

}  // namespace vidi::onnx_writing
