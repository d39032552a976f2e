#include "tensorflow_serving/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/base64.hpp"
#include "open_inference/json.hpp"

namespace vidi::tensorflow_serving {
namespace {

using nlohmann::ordered_json;
using open_inference::DataType;
using open_inference::element_count;
using open_inference::InferAnswer;
using open_inference::kind_of;
using open_inference::ModelMetadata;
using open_inference::Tensor;
using open_inference::TensorMetadata;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

// The text of {"b64":"…"}; absent when the value is something else.
std::optional<std::string_view> base64_of(const element& value) {
  object parts;
  std::string_view text;
  if (value.get_object().get(parts) != simdjson::SUCCESS || parts.size() != 1) return std::nullopt;
  if (parts.at_key("b64").get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// `value` itself, or what it has under the input's name.
Result<element> unwrapped(const element& value, const std::string& input) {
  object names;
  if (base64_of(value) || value.get_object().get(names) != simdjson::SUCCESS) return value;
  element inner;
  if (names.size() == 1 && names.at_key(input).get(inner) == simdjson::SUCCESS) return inner;
  return refuse(fmt::format("an object must have exactly one key, the input's name '{}' or b64", input));
}

// How often arrays are nested, and how many each holds: the first of each tells.
std::vector<std::int64_t> shape_of(element value) {
  std::vector<std::int64_t> shape;
  array values;
  while (value.get_array().get(values) == simdjson::SUCCESS) {
    shape.push_back(static_cast<std::int64_t>(values.size()));
    if (values.size() == 0) break;
    value = *values.begin();
  }
  return shape;
}

Result<void> add_picture(const element& value, Tensor& tensor) {
  const auto text = base64_of(value);
  if (!text) return refuse(R"(pictures and numbers are mixed: each must be {"b64":"…"})");
  auto bytes = decode_base64(*text);
  if (!bytes) return refuse(fmt::format("'b64' of picture {} is not base64", tensor.elements.size()));
  tensor.elements.push_back(std::move(*bytes));
  return {};
}

// Values that stand one beside the other: rows of numbers, or pictures.
Result<Tensor> parse_rows(const array& values, const TensorMetadata& input, std::size_t most_elements) {
  Tensor tensor;
  tensor.name = input.name;
  for (const element& each : values) {
    const auto value = unwrapped(each, input.name);
    if (!value) return forward_error(value);
    if (tensor.shape.empty()) {
      tensor.type = base64_of(*value) ? DataType::bytes : DataType::fp32;
      tensor.shape = shape_of(*value);
      tensor.shape.insert(tensor.shape.begin(), static_cast<std::int64_t>(values.size()));
      const auto count = element_count(tensor.name, tensor.shape, most_elements);
      if (!count) return forward_error(count);
    }
    if (tensor.type == DataType::bytes) {
      if (auto added = add_picture(*value, tensor); !added) return forward_error(added);
      continue;
    }
    Tensor row;
    row.name = input.name;
    row.shape.assign(tensor.shape.begin() + 1, tensor.shape.end());
    if (row.shape.empty()) row.shape = {1};
    if (auto read = read_data(*value, false, row); !read) return forward_error(read);
    tensor.values.insert(tensor.values.end(), row.values.begin(), row.values.end());
  }
  return tensor;
}

// A tensor with its batch dimension, a picture, or a list of pictures.
Result<Tensor> parse_column(const element& value, const TensorMetadata& input, std::size_t most_elements) {
  const auto inner = unwrapped(value, input.name);
  if (!inner) return forward_error(inner);
  Tensor tensor;
  tensor.name = input.name;
  if (base64_of(*inner)) {
    tensor.type = DataType::bytes;
    tensor.shape = {1};
    if (auto added = add_picture(*inner, tensor); !added) return forward_error(added);
    return tensor;
  }
  array values;
  if (inner->get_array().get(values) != simdjson::SUCCESS || values.size() == 0) {
    return refuse(fmt::format("'inputs' is {}; it must be an array that is not empty", kind_of(*inner)));
  }
  return parse_rows(values, input, most_elements);
}

Result<object> parse_body(ByteView body) {
  const auto document = open_inference::parse_json(body);
  if (!document) return forward_error(document);
  object root;
  if (document->get_object().get(root) != simdjson::SUCCESS) {
    return refuse(fmt::format("the body is {}; it must be an object", kind_of(*document)));
  }
  element signature;
  if (root.at_key("signature_name").get(signature) != simdjson::SUCCESS) return root;
  std::string_view name;
  if (signature.get_string().get(name) != simdjson::SUCCESS) {
    return refuse(fmt::format("'signature_name' is {}; it must be a string", kind_of(signature)));
  }
  if (!name.empty() && name != kSignature) {
    return refuse(fmt::format("there is no signature '{}'; there is '{}'", name, kSignature));
  }
  return root;
}

Result<array> non_empty_array(const element& value, std::string_view key) {
  array values;
  if (value.get_array().get(values) != simdjson::SUCCESS) {
    return refuse(fmt::format("'{}' is {}; it must be an array", key, kind_of(value)));
  }
  if (values.size() == 0) return refuse(fmt::format("'{}' is empty", key));
  return values;
}

// The part of a tensor that belongs to one row.
Tensor row_of(const Tensor& tensor, std::size_t index) {
  const auto rows = static_cast<std::size_t>(tensor.shape.front());
  Tensor row;
  row.type = tensor.type;
  row.shape.assign(tensor.shape.begin() + 1, tensor.shape.end());
  if (tensor.type == DataType::bytes) {
    const std::size_t size = tensor.elements.size() / rows;
    const auto begin = tensor.elements.begin() + static_cast<std::ptrdiff_t>(index * size);
    row.elements.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
  } else {
    const std::size_t size = tensor.values.size() / rows;
    const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(index * size);
    row.values.assign(begin, begin + static_cast<std::ptrdiff_t>(size));
  }
  return row;
}

// One row of every output: bare when there is one output, else by name.
void append_row(const std::vector<Tensor>& outputs, std::size_t index, std::string& json) {
  if (outputs.size() == 1) return append_nested(row_of(outputs.front(), index), json);
  json += '{';
  for (const Tensor& output : outputs) {
    if (json.back() != '{') json += ',';
    open_inference::append_string(output.name, json);
    json += ':';
    append_nested(row_of(output, index), json);
  }
  json += '}';
}

ordered_json describe(const TensorMetadata& tensor) {
  ordered_json dimensions = ordered_json::array();
  for (const std::int64_t size : tensor.shape) {
    dimensions.push_back({{"size", fmt::format("{}", size)}, {"name", ""}});
  }
  ordered_json json;
  json["dtype"] = tensor.type == DataType::fp32 ? "DT_FLOAT" : "DT_STRING";
  json["tensor_shape"] = {{"dim", dimensions}, {"unknown_rank", false}};
  json["name"] = tensor.name;
  return json;
}

ordered_json describe(const std::vector<TensorMetadata>& tensors) {
  ordered_json json = ordered_json::object();
  for (const TensorMetadata& tensor : tensors) json[tensor.name] = describe(tensor);
  return json;
}

}  // namespace

Result<PredictRequest> parse_predict(ByteView body, const ModelMetadata& model, std::size_t most_elements) {
  const auto root = parse_body(body);
  if (!root) return forward_error(root);
  element rows;
  element column;
  const bool has_rows = root->at_key("instances").get(rows) == simdjson::SUCCESS;
  const bool has_column = root->at_key("inputs").get(column) == simdjson::SUCCESS;
  if (has_rows == has_column) {
    return refuse(fmt::format("the body has {} of 'instances' and 'inputs'; it must have exactly one",
                              has_rows ? "both" : "none"));
  }
  PredictRequest request;
  request.rows = has_rows;
  const TensorMetadata& input = model.inputs.front();
  Result<Tensor> tensor;
  if (has_rows) {
    const auto values = non_empty_array(rows, "instances");
    if (!values) return forward_error(values);
    tensor = parse_rows(*values, input, most_elements);
  } else {
    tensor = parse_column(column, input, most_elements);
  }
  if (!tensor) return forward_error(tensor);
  request.input = std::move(*tensor);
  return request;
}

std::string write_predictions(const InferAnswer& answer, bool rows) {
  std::string json = rows ? R"({"predictions":)" : R"({"outputs":)";
  if (rows) {
    json += '[';
    const auto count = static_cast<std::size_t>(answer.outputs.front().shape.front());
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) json += ',';
      append_row(answer.outputs, i, json);
    }
    json += ']';
  } else if (answer.outputs.size() == 1) {
    append_nested(answer.outputs.front(), json);
  } else {
    json += '{';
    for (const Tensor& output : answer.outputs) {
      if (json.back() != '{') json += ',';
      open_inference::append_string(output.name, json);
      json += ':';
      append_nested(output, json);
    }
    json += '}';
  }
  return json + "}";
}

Result<Tensor> parse_classify(ByteView body, const ModelMetadata& model, std::size_t most_elements) {
  const auto root = parse_body(body);
  if (!root) return forward_error(root);
  element examples;
  if (root->at_key("examples").get(examples) != simdjson::SUCCESS) return refuse("the body has no 'examples'");
  const auto values = non_empty_array(examples, "examples");
  if (!values) return forward_error(values);
  const TensorMetadata& input = model.inputs.front();
  for (const element& example : *values) {
    if (!example.is_object() || base64_of(example)) {
      return refuse(
          fmt::format("an example is {}; it must be an object with the feature '{}'", kind_of(example), input.name));
    }
  }
  auto tensor = parse_rows(*values, input, most_elements);
  if (!tensor || tensor->type != DataType::fp32 || tensor->shape.size() != 2) return tensor;
  // A feature is a flat list.
  std::vector<std::int64_t> shape = input.shape;
  shape.front() = tensor->shape.front();
  tensor->shape = std::move(shape);
  return tensor;
}

std::string write_classes(const InferAnswer& answer, const std::vector<std::string>& labels) {
  const Tensor& scores = answer.outputs.front();
  std::string json = R"({"results":[)";
  const auto count = static_cast<std::size_t>(scores.shape.front());
  const std::size_t columns = scores.values.size() / sizeof(float) / count;
  for (std::size_t i = 0; i < count; ++i) {
    json += i > 0 ? ",[" : "[";
    for (std::size_t k = 0; k < std::min(columns, labels.size()); ++k) {
      json += k > 0 ? ",[" : "[";
      open_inference::append_string(labels[k], json);
      json += ',';
      Tensor score;
      score.values.resize(sizeof(float));
      std::memcpy(score.values.data(), scores.values.data() + (i * columns + k) * sizeof(float), sizeof(float));
      append_values(score, json);
      json += ']';
    }
    json += ']';
  }
  return json + "]}";
}

std::string write_status(const ModelMetadata& model) {
  ordered_json list = ordered_json::array();
  for (const std::string& version : model.versions) {
    ordered_json status;
    status["version"] = version;
    status["state"] = "AVAILABLE";
    status["status"] = {{"error_code", "OK"}, {"error_message", ""}};
    list.push_back(std::move(status));
  }
  ordered_json json;
  json["model_version_status"] = std::move(list);
  return json.dump();
}

std::string write_metadata(const ModelMetadata& model) {
  ordered_json signature;
  signature["inputs"] = describe(model.inputs);
  signature["outputs"] = describe(model.outputs);
  signature["method_name"] = "tensorflow/serving/predict";
  ordered_json json;
  json["model_spec"] = {{"name", model.name}, {"signature_name", ""}, {"version", model.versions.front()}};
  json["metadata"]["signature_def"]["signature_def"][std::string(kSignature)] = std::move(signature);
  return json.dump();
}

}  // namespace vidi::tensorflow_serving
