#include "open_inference/rest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "open_inference/json.hpp"

namespace vidi::open_inference {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

// A member of an object; absent when it is not there.
std::optional<element> member(const object& parent, std::string_view key) {
  element value;
  if (parent.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

Result<std::string> required_text(const object& parent, std::string_view key, std::string_view where) {
  const auto value = member(parent, key);
  if (!value) return refuse(fmt::format("{} has no '{}'", where, key));
  std::string_view text;
  if (value->get_string().get(text) != simdjson::SUCCESS) {
    return refuse(fmt::format("'{}' of {} is {}; it must be a string", key, where, kind_of(*value)));
  }
  return std::string(text);
}

// `parameters` of a request, an input or an output: an object of strings, numbers and booleans.
Result<std::optional<object>> parameters_of(const object& parent, std::string_view where) {
  const auto value = member(parent, "parameters");
  if (!value) return std::optional<object>();
  object parameters;
  if (value->get_object().get(parameters) != simdjson::SUCCESS) {
    return refuse(fmt::format("'parameters' of {} is {}; it must be an object", where, kind_of(*value)));
  }
  for (const auto& [key, each] : parameters) {
    if (each.is_array() || each.is_object() || each.is_null()) {
      return refuse(fmt::format("the parameter '{}' of {} is {}; it must be a string, a number or a boolean", key,
                                where, kind_of(each)));
    }
  }
  return std::optional<object>(parameters);
}

Result<bool> boolean_of(const std::optional<object>& parameters, std::string_view key, bool otherwise) {
  const auto value = parameters ? member(*parameters, key) : std::nullopt;
  if (!value) return otherwise;
  bool truth = false;
  if (value->get_bool().get(truth) == simdjson::SUCCESS) return truth;
  return refuse(fmt::format("the parameter '{}' is {}; it must be true or false", key, kind_of(*value)));
}

Result<std::optional<std::size_t>> count_of(const std::optional<object>& parameters, std::string_view key) {
  const auto value = parameters ? member(*parameters, key) : std::nullopt;
  if (!value) return std::optional<std::size_t>();
  std::uint64_t number = 0;
  if (value->get_uint64().get(number) == simdjson::SUCCESS) return std::optional<std::size_t>(number);
  return refuse(fmt::format("the parameter '{}' must be a whole number from 0", key));
}

Result<std::vector<std::int64_t>> shape_of(const object& parent, const std::string& name) {
  const auto value = member(parent, "shape");
  if (!value) return refuse(fmt::format("input '{}' has no 'shape'", name));
  simdjson::dom::array array;
  if (value->get_array().get(array) != simdjson::SUCCESS) {
    return refuse(fmt::format("'shape' of input '{}' is {}; it must be an array", name, kind_of(*value)));
  }
  std::vector<std::int64_t> shape;
  for (const element& each : array) {
    std::int64_t size = 0;
    if (each.get_int64().get(size) != simdjson::SUCCESS) {
      return refuse(fmt::format("'shape' of input '{}' has a value that is no whole number", name));
    }
    shape.push_back(size);
  }
  return shape;
}

// The bytes behind the JSON, taken from the front.
Result<ByteView> take(ByteView& rest, std::size_t size, const std::string& name) {
  if (size > rest.size()) {
    return refuse(fmt::format("input '{}' has a binary_data_size of {}, and {} bytes are left in the body", name, size,
                              rest.size()));
  }
  const ByteView taken = rest.first(size);
  rest = rest.subspan(size);
  return taken;
}

Result<bool> is_base64(const std::optional<object>& parameters) {
  const auto value = parameters ? member(*parameters, "content_type") : std::nullopt;
  if (!value) return false;
  std::string_view text;
  if (value->get_string().get(text) != simdjson::SUCCESS) return refuse("the parameter 'content_type' is no string");
  return text == "base64";
}

Result<Tensor> parse_input(const element& value, ByteView& rest, std::size_t most_elements) {
  object input;
  if (value.get_object().get(input) != simdjson::SUCCESS) {
    return refuse(fmt::format("'inputs' has {}; each must be an object", kind_of(value)));
  }
  auto name = required_text(input, "name", "an input");
  if (!name) return forward_error(name);
  const std::string where = fmt::format("input '{}'", *name);
  const auto type_name = required_text(input, "datatype", where);
  if (!type_name) return forward_error(type_name);
  const auto type = data_type(*type_name);
  if (!type) return refuse(fmt::format("{} has the datatype '{}', which there is not", where, *type_name));
  auto shape = shape_of(input, *name);
  if (!shape) return forward_error(shape);
  const auto parameters = parameters_of(input, where);
  if (!parameters) return forward_error(parameters);
  const auto binary_size = count_of(*parameters, "binary_data_size");
  if (!binary_size) return forward_error(binary_size);
  const auto data = member(input, "data");
  if (data.has_value() == binary_size->has_value()) {
    return refuse(fmt::format("{} needs exactly one of 'data' and the parameter 'binary_data_size'", where));
  }
  Tensor tensor;
  tensor.name = std::move(*name);
  tensor.type = *type;
  tensor.shape = std::move(*shape);
  const auto count = element_count(tensor.name, tensor.shape, most_elements);
  if (!count) return forward_error(count);
  if (data) {
    const auto base64 = is_base64(*parameters);
    if (!base64) return forward_error(base64);
    if (auto read = read_data(*data, *base64, tensor); !read) return forward_error(read);
    return tensor;
  }
  const auto bytes = take(rest, **binary_size, tensor.name);
  if (!bytes) return forward_error(bytes);
  if (tensor.type == DataType::bytes) {
    auto elements = split_elements(tensor.name, *bytes, *count);
    if (!elements) return forward_error(elements);
    tensor.elements = std::move(*elements);
  } else {
    tensor.values = to_bytes(*bytes);
  }
  if (auto checked = check_size(tensor); !checked) return forward_error(checked);
  return tensor;
}

Result<void> parse_output(const element& value, RestRequest& request) {
  object output;
  if (value.get_object().get(output) != simdjson::SUCCESS) {
    return refuse(fmt::format("'outputs' has {}; each must be an object", kind_of(value)));
  }
  auto name = required_text(output, "name", "an output");
  if (!name) return forward_error(name);
  const std::string where = fmt::format("output '{}'", *name);
  const auto parameters = parameters_of(output, where);
  if (!parameters) return forward_error(parameters);
  const auto binary = boolean_of(*parameters, "binary_data", request.binary_by_default);
  if (!binary) return forward_error(binary);
  const auto classes = count_of(*parameters, "classification");
  if (!classes) return forward_error(classes);
  if (*classes == 0U) return refuse(fmt::format("'classification' of {} is 0; it must be at least 1", where));
  request.outputs.push_back({.name = std::move(*name), .classes = classes->value_or(0)});
  request.binary.push_back(*binary);
  return {};
}

// The elements of an array that the body may or must have.
template <typename Each>
Result<void> each_of(const object& body, std::string_view key, bool required, Each each) {
  const auto value = member(body, key);
  if (!value && !required) return {};
  if (!value) return refuse(fmt::format("the body has no '{}'", key));
  simdjson::dom::array array;
  if (value->get_array().get(array) != simdjson::SUCCESS) {
    return refuse(fmt::format("'{}' is {}; it must be an array", key, kind_of(*value)));
  }
  if (required && array.size() == 0) return refuse(fmt::format("'{}' is empty", key));
  for (const element& item : array) {
    if (Result<void> read = each(item); !read) return read;
  }
  return {};
}

void append_shape(const std::vector<std::int64_t>& shape, std::string& json) { json += to_text(shape); }

void append_metadata(const std::vector<TensorMetadata>& tensors, std::string& json) {
  json += '[';
  for (const TensorMetadata& tensor : tensors) {
    if (json.back() != '[') json += ',';
    json += R"({"name":)";
    append_string(tensor.name, json);
    json += fmt::format(R"(,"datatype":"{}","shape":{}}})", name(tensor.type), to_text(tensor.shape));
  }
  json += ']';
}

// In binary, or in JSON when the type allows it.
void append_output(const Tensor& tensor, bool binary, std::string& json, std::string& tail) {
  json += R"({"name":)";
  append_string(tensor.name, json);
  json += fmt::format(R"(,"datatype":"{}","shape":)", name(tensor.type));
  append_shape(tensor.shape, json);
  if (!binary) {
    json += R"(,"data":[)";
    append_values(tensor, json);
    json += "]}";
    return;
  }
  const std::size_t before = tail.size();
  if (tensor.type == DataType::bytes) {
    append_elements(tensor.elements, tail);
  } else {
    tail += as_text(tensor.values);
  }
  json += fmt::format(R"(,"parameters":{{"binary_data_size":{}}}}})", tail.size() - before);
}

}  // namespace

Result<RestRequest> parse_infer(ByteView body, std::optional<std::size_t> json_size, std::size_t most_elements) {
  if (json_size.value_or(0) > body.size()) {
    return refuse(
        fmt::format("Inference-Header-Content-Length is {}, and the body has {} bytes", *json_size, body.size()));
  }
  const ByteView text = body.first(json_size.value_or(body.size()));
  ByteView rest = body.subspan(text.size());
  const auto document = parse_json(text);
  if (!document) return forward_error(document);
  object root;
  if (document->get_object().get(root) != simdjson::SUCCESS) {
    return refuse(fmt::format("the body is {}; it must be an object", kind_of(*document)));
  }
  RestRequest request;
  if (member(root, "id")) {
    auto id = required_text(root, "id", "the body");
    if (!id) return forward_error(id);
    request.id = std::move(*id);
  }
  const auto parameters = parameters_of(root, "the body");
  if (!parameters) return forward_error(parameters);
  const auto binary = boolean_of(*parameters, "binary_data_output", false);
  if (!binary) return forward_error(binary);
  request.binary_by_default = *binary;
  const auto timeout = count_of(*parameters, "timeout");
  if (!timeout) return forward_error(timeout);
  request.timeout = timeout->value_or(0);
  const auto inputs = each_of(root, "inputs", true, [&](const element& item) -> Result<void> {
    auto input = parse_input(item, rest, most_elements);
    if (!input) return forward_error(input);
    request.inputs.push_back(std::move(*input));
    return {};
  });
  if (!inputs) return forward_error(inputs);
  if (!rest.empty()) return refuse(fmt::format("{} bytes behind the last binary input belong to none", rest.size()));
  const auto outputs =
      each_of(root, "outputs", false, [&](const element& item) { return parse_output(item, request); });
  if (!outputs) return forward_error(outputs);
  return request;
}

RestAnswer write_answer(const InferAnswer& answer, const std::vector<bool>& binary) {
  RestAnswer rest;
  std::string tail;
  std::string& json = rest.body;
  json = R"({"model_name":)";
  append_string(answer.model, json);
  json += R"(,"model_version":)";
  append_string(answer.version, json);
  if (!answer.id.empty()) {
    json += R"(,"id":)";
    append_string(answer.id, json);
  }
  json += R"(,"outputs":[)";
  for (std::size_t i = 0; i < answer.outputs.size(); ++i) {
    if (i > 0) json += ',';
    append_output(answer.outputs[i], binary[i], json, tail);
  }
  json += "]}";
  if (std::ranges::find(binary, true) != binary.end()) rest.json_size = json.size();
  json += tail;
  return rest;
}

Result<bool> parse_index_request(ByteView body) {
  if (body.empty()) return false;
  const auto document = parse_json(body);
  if (!document) return forward_error(document);
  object root;
  if (document->get_object().get(root) != simdjson::SUCCESS) {
    return refuse(fmt::format("the body is {}; it must be an object", kind_of(*document)));
  }
  return boolean_of(root, "ready", false);
}

std::string write_metadata(const ModelMetadata& metadata) {
  std::string json = R"({"name":)";
  append_string(metadata.name, json);
  json += R"(,"versions":[)";
  for (const std::string& version : metadata.versions) {
    if (json.back() != '[') json += ',';
    append_string(version, json);
  }
  json += R"(],"platform":)";
  append_string(metadata.platform, json);
  json += R"(,"inputs":)";
  append_metadata(metadata.inputs, json);
  json += R"(,"outputs":)";
  append_metadata(metadata.outputs, json);
  return json + "}";
}

}  // namespace vidi::open_inference
