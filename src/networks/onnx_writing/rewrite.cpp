#include "onnx_writing/rewrite.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "onnx_writing/graph.hpp"
#include "onnx_writing/half.hpp"

namespace vidi::onnx_writing {
namespace {

// Absent: it is not of float32, its bytes are not as many as its shape says, or a value is beyond half precision.
std::optional<std::vector<std::uint16_t>> halves_of(const onnx::TensorProto& tensor) {
  if (tensor.data_type() != onnx::TensorProto::FLOAT) return std::nullopt;
  std::vector<float> values(tensor.float_data().begin(), tensor.float_data().end());
  if (tensor.has_raw_data()) {
    values.resize(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(float));
  }
  const auto fits = [](float value) { return std::fabs(value) <= kGreatestHalf; };
  if (!std::ranges::all_of(values, fits)) return std::nullopt;
  std::vector<std::uint16_t> halves(values.size());
  std::ranges::transform(values, halves.begin(), to_half);
  return halves;
}

bool is_input(const onnx::GraphProto& graph, const std::string& name) {
  return std::ranges::any_of(graph.input(), [&](const auto& input) { return input.name() == name; });
}

}  // namespace

Result<Bytes> keep_output(ByteView model, std::string_view output) {
  auto parsed = parse_model(model);
  if (!parsed) return forward_error(parsed);
  auto part = part_of(std::move(*parsed), output);
  if (!part) return forward_error(part);
  return model_bytes(*part);
}

Result<Bytes> halve(ByteView model, std::size_t least) {
  auto parsed = parse_model(model);
  if (!parsed) return forward_error(parsed);
  onnx::GraphProto& graph = *parsed->mutable_graph();
  onnx::GraphProto casts;
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) {
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
      return fail(ErrorCode::invalid_argument,
                  "the ONNX model keeps weights in another file; save it with all its weights in one");
    }
    if (is_input(graph, tensor.name())) continue;
    const auto halves = halves_of(tensor);
    if (!halves || halves->size() < least) continue;
    onnx::NodeProto& cast = *casts.add_node();
    cast.set_op_type("Cast");
    cast.set_name(tensor.name());
    cast.add_output(tensor.name());
    cast.add_input(tensor.name() + "_half");
    onnx::AttributeProto& to = *cast.add_attribute();
    to.set_name("to");
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(onnx::TensorProto::FLOAT);
    tensor.set_name(tensor.name() + "_half");
    tensor.set_data_type(onnx::TensorProto::FLOAT16);
    tensor.clear_float_data();
    tensor.set_raw_data(halves->data(), halves->size() * sizeof(std::uint16_t));
  }
  casts.mutable_node()->MergeFrom(graph.node());
  graph.mutable_node()->Swap(casts.mutable_node());
  return model_bytes(*parsed);
}

}  // namespace vidi::onnx_writing
