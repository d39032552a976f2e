#include "grpc/messages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace vidi::grpc {
namespace {

using messages::InferTensorContents;
using messages::ModelInferRequest;
using open_inference::DataType;
using open_inference::Tensor;
using Input = ModelInferRequest::InferInputTensor;
using Parameters = google::protobuf::Map<std::string, messages::InferParameter>;

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

// A field of InferTensorContents.
struct Field {
  std::string_view name;
  int (InferTensorContents::*size)() const;
};

constexpr std::array<Field, 8> kFields{{{"bool_contents", &InferTensorContents::bool_contents_size},
                                        {"int_contents", &InferTensorContents::int_contents_size},
                                        {"int64_contents", &InferTensorContents::int64_contents_size},
                                        {"uint_contents", &InferTensorContents::uint_contents_size},
                                        {"uint64_contents", &InferTensorContents::uint64_contents_size},
                                        {"fp32_contents", &InferTensorContents::fp32_contents_size},
                                        {"fp64_contents", &InferTensorContents::fp64_contents_size},
                                        {"bytes_contents", &InferTensorContents::bytes_contents_size}}};

// Empty: the type has none.
std::string_view field_of(DataType type) {
  switch (type) {
    case DataType::boolean:
      return "bool_contents";
    case DataType::int8:
    case DataType::int16:
    case DataType::int32:
      return "int_contents";
    case DataType::int64:
      return "int64_contents";
    case DataType::uint8:
    case DataType::uint16:
    case DataType::uint32:
      return "uint_contents";
    case DataType::uint64:
      return "uint64_contents";
    case DataType::fp32:
      return "fp32_contents";
    case DataType::fp64:
      return "fp64_contents";
    case DataType::bytes:
      return "bytes_contents";
    case DataType::fp16:
      break;
  }
  return {};
}

bool is_empty(const InferTensorContents& contents) {
  return std::ranges::all_of(kFields, [&](const Field& field) { return (contents.*field.size)() == 0; });
}

Result<void> check_fields(const Tensor& tensor, const InferTensorContents& contents) {
  const std::string_view wanted = field_of(tensor.type);
  if (wanted.empty()) {
    return refuse(fmt::format("input '{}' has the type {}, whose values can only stand in raw_input_contents",
                              tensor.name, name(tensor.type)));
  }
  for (const Field& field : kFields) {
    if (field.name != wanted && (contents.*field.size)() > 0) {
      return refuse(fmt::format("input '{}' of type {} has values in {}; they must stand in {}", tensor.name,
                                name(tensor.type), field.name, wanted));
    }
  }
  return {};
}

// The field's values as `Value`, which may be narrower.
template <typename Value, typename Values>
Result<Bytes> packed(const Tensor& tensor, const Values& values) {
  Bytes bytes(static_cast<std::size_t>(values.size()) * sizeof(Value));
  std::byte* end = bytes.data();
  for (const auto value : values) {
    const auto narrow = static_cast<Value>(value);
    if constexpr (std::is_integral_v<Value>) {
      if (static_cast<decltype(value)>(narrow) != value) {
        return refuse(fmt::format("input '{}' of type {} has the value {}; {} to {} are possible", tensor.name,
                                  name(tensor.type), value, std::numeric_limits<Value>::min(),
                                  std::numeric_limits<Value>::max()));
      }
    }
    std::memcpy(end, &narrow, sizeof narrow);
    end += sizeof narrow;
  }
  return bytes;
}

Result<Bytes> packed_contents(const Tensor& tensor, const InferTensorContents& contents) {
  switch (tensor.type) {
    case DataType::boolean:
      return packed<bool>(tensor, contents.bool_contents());
    case DataType::int8:
      return packed<std::int8_t>(tensor, contents.int_contents());
    case DataType::int16:
      return packed<std::int16_t>(tensor, contents.int_contents());
    case DataType::int32:
      return packed<std::int32_t>(tensor, contents.int_contents());
    case DataType::int64:
      return packed<std::int64_t>(tensor, contents.int64_contents());
    case DataType::uint8:
      return packed<std::uint8_t>(tensor, contents.uint_contents());
    case DataType::uint16:
      return packed<std::uint16_t>(tensor, contents.uint_contents());
    case DataType::uint32:
      return packed<std::uint32_t>(tensor, contents.uint_contents());
    case DataType::uint64:
      return packed<std::uint64_t>(tensor, contents.uint64_contents());
    case DataType::fp32:
      return packed<float>(tensor, contents.fp32_contents());
    case DataType::fp64:
      return packed<double>(tensor, contents.fp64_contents());
    case DataType::fp16:
    case DataType::bytes:
      break;
  }
  return Bytes();
}

Result<void> read_contents(const InferTensorContents& contents, Tensor& tensor) {
  if (auto checked = check_fields(tensor, contents); !checked) return checked;
  if (tensor.type == DataType::bytes) {
    for (const std::string& element : contents.bytes_contents()) tensor.elements.push_back(to_bytes(element));
    return {};
  }
  auto values = packed_contents(tensor, contents);
  if (!values) return forward_error(values);
  tensor.values = std::move(*values);
  return {};
}

Result<void> read_raw(const std::string& raw, std::size_t most_elements, Tensor& tensor) {
  if (tensor.type != DataType::bytes) {
    tensor.values = to_bytes(raw);
    return {};
  }
  auto elements = open_inference::split_elements(tensor.name, as_bytes(raw), most_elements);
  if (!elements) return forward_error(elements);
  tensor.elements = std::move(*elements);
  return {};
}

// Clients of a server on the same machine may name memory instead of sending values.
Result<void> check_memory(std::string_view tensor, const Parameters& parameters) {
  if (!parameters.contains("shared_memory_region")) return {};
  return refuse(fmt::format("'{}' is in shared memory, which vidi does not use; send its values", tensor));
}

// Type and shape, which are needed to read values.
Result<Tensor> describe(const Input& input, std::size_t most_elements) {
  if (auto checked = check_memory(input.name(), input.parameters()); !checked) return forward_error(checked);
  const auto type = open_inference::data_type(input.datatype());
  if (!type) {
    return refuse(
        fmt::format("input '{}' has the type '{}'; there are BOOL, UINT8 to UINT64, INT8 to INT64, FP16, "
                    "FP32, FP64 and BYTES",
                    input.name(), input.datatype()));
  }
  Tensor tensor;
  tensor.name = input.name();
  tensor.type = *type;
  tensor.shape.assign(input.shape().begin(), input.shape().end());
  if (auto count = open_inference::element_count(tensor.name, tensor.shape, most_elements); !count) {
    return forward_error(count);
  }
  return tensor;
}

Result<Tensor> read_input(const Input& input, const std::string* raw, std::size_t most_elements) {
  auto tensor = describe(input, most_elements);
  if (!tensor) return tensor;
  if (raw != nullptr && !is_empty(input.contents())) {
    return refuse(
        fmt::format("input '{}' has contents and raw_input_contents; one of them must be absent", input.name()));
  }
  auto filled = raw == nullptr ? read_contents(input.contents(), *tensor) : read_raw(*raw, most_elements, *tensor);
  if (!filled) return forward_error(filled);
  if (auto checked = check_size(*tensor); !checked) return forward_error(checked);
  return tensor;
}

// The integer of a parameter; absent: it is none.
std::optional<std::int64_t> integer(const messages::InferParameter& parameter) {
  if (parameter.has_int64_param()) return parameter.int64_param();
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (parameter.has_uint64_param()) return static_cast<std::int64_t>(std::min(parameter.uint64_param(), kMost));
  return std::nullopt;
}

// Microseconds for which the client waits; 0: for ever.
Result<std::uint64_t> read_timeout(const ModelInferRequest& message) {
  const auto found = message.parameters().find("timeout");
  if (found == message.parameters().end()) return 0;
  const auto& value = found->second;
  if (value.has_uint64_param()) return value.uint64_param();
  if (value.has_int64_param() && value.int64_param() >= 0) return static_cast<std::uint64_t>(value.int64_param());
  return refuse("the parameter 'timeout' must be a whole number of microseconds, from 0");
}

Result<open_inference::RequestedOutput> read_output(const ModelInferRequest::InferRequestedOutputTensor& output) {
  if (auto checked = check_memory(output.name(), output.parameters()); !checked) return forward_error(checked);
  open_inference::RequestedOutput wanted;
  wanted.name = output.name();
  const auto found = output.parameters().find("classification");
  if (found == output.parameters().end()) return wanted;
  const auto classes = integer(found->second);
  if (!classes || *classes < 1) {
    return refuse(
        fmt::format("the parameter 'classification' of the output '{}' is {}; it must be an integer of at "
                    "least 1",
                    output.name(), classes ? std::to_string(*classes) : "no integer"));
  }
  wanted.classes = static_cast<std::size_t>(*classes);
  return wanted;
}

// The tensor's values, in the field.
template <typename Value, typename Values>
void append(const Tensor& tensor, Values& field) {
  const std::size_t count = tensor.values.size() / sizeof(Value);
  field.Reserve(static_cast<int>(count));
  for (std::size_t i = 0; i < count; ++i) {
    Value value{};
    std::memcpy(&value, tensor.values.data() + i * sizeof value, sizeof value);
    field.AddAlreadyReserved(value);
  }
}

void write_contents(const Tensor& tensor, InferTensorContents& contents) {
  switch (tensor.type) {
    case DataType::boolean:
      return append<bool>(tensor, *contents.mutable_bool_contents());
    case DataType::int8:
      return append<std::int8_t>(tensor, *contents.mutable_int_contents());
    case DataType::int16:
      return append<std::int16_t>(tensor, *contents.mutable_int_contents());
    case DataType::int32:
      return append<std::int32_t>(tensor, *contents.mutable_int_contents());
    case DataType::int64:
      return append<std::int64_t>(tensor, *contents.mutable_int64_contents());
    case DataType::uint8:
      return append<std::uint8_t>(tensor, *contents.mutable_uint_contents());
    case DataType::uint16:
      return append<std::uint16_t>(tensor, *contents.mutable_uint_contents());
    case DataType::uint32:
      return append<std::uint32_t>(tensor, *contents.mutable_uint_contents());
    case DataType::uint64:
      return append<std::uint64_t>(tensor, *contents.mutable_uint64_contents());
    case DataType::fp32:
      return append<float>(tensor, *contents.mutable_fp32_contents());
    case DataType::fp64:
      return append<double>(tensor, *contents.mutable_fp64_contents());
    case DataType::bytes:
      for (const Bytes& element : tensor.elements) contents.add_bytes_contents(std::string(as_text(element)));
      return;
    case DataType::fp16:
      break;
  }
}

std::string raw_values(const Tensor& tensor) {
  if (tensor.type != DataType::bytes) return std::string(as_text(tensor.values));
  std::string raw;
  open_inference::append_elements(tensor.elements, raw);
  return raw;
}

messages::DataType to_message(DataType type) {
  constexpr std::array<messages::DataType, 13> kTypes{
      messages::TYPE_BOOL, messages::TYPE_UINT8, messages::TYPE_UINT16, messages::TYPE_UINT32, messages::TYPE_UINT64,
      messages::TYPE_INT8, messages::TYPE_INT16, messages::TYPE_INT32,  messages::TYPE_INT64,  messages::TYPE_FP16,
      messages::TYPE_FP32, messages::TYPE_FP64,  messages::TYPE_STRING};
  return kTypes[static_cast<std::size_t>(type)];
}

template <typename Message>
void write_tensor(const open_inference::TensorMetadata& tensor, Message& message) {
  message.set_name(tensor.name);
  message.set_datatype(std::string(name(tensor.type)));
  for (const std::int64_t size : tensor.shape) message.add_shape(size);
}

template <typename Message>
void write_dimensions(const open_inference::TensorMetadata& tensor, Message& message) {
  message.set_name(tensor.name);
  message.set_data_type(to_message(tensor.type));
  for (std::size_t i = 1; i < tensor.shape.size(); ++i) message.add_dims(tensor.shape[i]);
}

// How many rows of that shape have `most_elements`; 0: the number of rows is fixed.
std::int32_t most_rows(const std::vector<std::int64_t>& shape, std::size_t most_elements) {
  if (shape.empty() || shape.front() >= 0) return 0;
  auto rows = static_cast<std::int64_t>(std::min<std::size_t>(most_elements, std::numeric_limits<std::int32_t>::max()));
  for (std::size_t i = 1; i < shape.size(); ++i) rows /= std::max<std::int64_t>(1, shape[i]);
  return static_cast<std::int32_t>(std::max<std::int64_t>(1, rows));
}

void write_duration(std::uint64_t count, std::uint64_t nanoseconds, messages::StatisticDuration& message) {
  message.set_count(count);
  message.set_ns(nanoseconds);
}

}  // namespace

Result<open_inference::InferRequest> to_request(const ModelInferRequest& message, std::size_t most_elements) {
  const bool raw = message.raw_input_contents_size() > 0;
  if (raw && message.raw_input_contents_size() != message.inputs_size()) {
    return refuse(fmt::format("there are {} inputs and {} raw_input_contents; there must be one for each, or none",
                              message.inputs_size(), message.raw_input_contents_size()));
  }
  open_inference::InferRequest request;
  request.model = message.model_name();
  request.version = message.model_version();
  request.id = message.id();
  const auto timeout = read_timeout(message);
  if (!timeout) return forward_error(timeout);
  request.deadline = open_inference::deadline_after(*timeout);
  for (int i = 0; i < message.inputs_size(); ++i) {
    auto tensor = read_input(message.inputs(i), raw ? &message.raw_input_contents(i) : nullptr, most_elements);
    if (!tensor) return forward_error(tensor);
    request.inputs.push_back(std::move(*tensor));
  }
  for (const auto& output : message.outputs()) {
    auto wanted = read_output(output);
    if (!wanted) return forward_error(wanted);
    request.outputs.push_back(std::move(*wanted));
  }
  return request;
}

bool wants_raw_answer(const ModelInferRequest& message) {
  const auto found = message.parameters().find("binary_data_output");
  if (found != message.parameters().end() && found->second.has_bool_param()) return found->second.bool_param();
  return message.raw_input_contents_size() > 0;
}

void write_answer(const open_inference::InferAnswer& answer, bool raw, messages::ModelInferResponse& message) {
  message.set_model_name(answer.model);
  message.set_model_version(answer.version);
  message.set_id(answer.id);
  // FP16 has no field of its own.
  const auto is_half = [](const Tensor& tensor) { return tensor.type == DataType::fp16; };
  raw = raw || std::ranges::any_of(answer.outputs, is_half);
  for (const Tensor& tensor : answer.outputs) {
    auto& output = *message.add_outputs();
    output.set_name(tensor.name);
    output.set_datatype(std::string(name(tensor.type)));
    for (const std::int64_t size : tensor.shape) output.add_shape(size);
    if (raw) {
      message.add_raw_output_contents(raw_values(tensor));
    } else {
      write_contents(tensor, *output.mutable_contents());
    }
  }
  std::vector<std::string> identifiers;
  for (const Uuid& id : answer.predictions) identifiers.push_back(to_string(id));
  (*message.mutable_parameters())["predictions"].set_string_param(fmt::format("{}", fmt::join(identifiers, ",")));
}

void write_metadata(const open_inference::ModelMetadata& metadata, messages::ModelMetadataResponse& message) {
  message.set_name(metadata.name);
  for (const std::string& version : metadata.versions) message.add_versions(version);
  message.set_platform(metadata.platform);
  for (const auto& tensor : metadata.inputs) write_tensor(tensor, *message.add_inputs());
  for (const auto& tensor : metadata.outputs) write_tensor(tensor, *message.add_outputs());
}

void write_configuration(const open_inference::ModelMetadata& metadata, std::size_t most_elements,
                         messages::ModelConfig& message) {
  message.set_name(metadata.name);
  message.set_platform(metadata.platform);
  message.set_backend(metadata.platform);
  std::int32_t rows = metadata.inputs.empty() ? 0 : most_rows(metadata.inputs.front().shape, most_elements);
  message.set_max_batch_size(rows);
  for (const auto& tensor : metadata.inputs) write_dimensions(tensor, *message.add_input());
  for (const auto& tensor : metadata.outputs) write_dimensions(tensor, *message.add_output());
}

void write_statistics(const std::vector<open_inference::ModelStatistics>& statistics,
                      messages::ModelStatisticsResponse& message) {
  for (const open_inference::ModelStatistics& sums : statistics) {
    auto& model = *message.add_model_stats();
    model.set_name(sums.name);
    model.set_version(sums.version);
    model.set_last_inference(sums.last_inference);
    model.set_inference_count(sums.inferences);
    model.set_execution_count(sums.executions);
    write_duration(sums.succeeded, sums.succeeded_time, *model.mutable_inference_stats()->mutable_success());
    write_duration(sums.failed, sums.failed_time, *model.mutable_inference_stats()->mutable_fail());
  }
}

}  // namespace vidi::grpc
