#include "open_inference/json.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "core/base64.hpp"

namespace vidi::open_inference {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::size_t kMaxDepth = 64;
// A parser that has grown larger than this by one request is not kept for the next.
constexpr std::size_t kKeptCapacity = 1U << 20U;

template <typename T>
void append_bytes(T value, Bytes& values) {
  const auto bytes = std::as_bytes(std::span(&value, 1));
  values.insert(values.end(), bytes.begin(), bytes.end());
}

template <std::integral T>
bool append_integer(const element& value, Bytes& values) {
  if (value.is_int64()) {
    const std::int64_t number = value.get_int64().value_unsafe();
    if (!std::in_range<T>(number)) return false;
    append_bytes(static_cast<T>(number), values);
    return true;
  }
  if (!value.is_uint64()) return false;
  const std::uint64_t number = value.get_uint64().value_unsafe();
  if (!std::in_range<T>(number)) return false;
  append_bytes(static_cast<T>(number), values);
  return true;
}

template <std::floating_point T>
bool append_float(const element& value, Bytes& values) {
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return false;
  if (std::abs(number) > std::numeric_limits<T>::max()) return false;
  append_bytes(static_cast<T>(number), values);
  return true;
}

// Reads nested arrays against a shape.
class DataReader {
 public:
  DataReader(Tensor& tensor, bool base64) : tensor_(tensor), base64_(base64) {}

  Result<void> read(const element& data) {
    const auto count = element_count(tensor_.name, tensor_.shape, std::numeric_limits<std::size_t>::max());
    if (!count) return forward_error(count);
    simdjson::dom::array array;
    if (data.get_array().get(array) != simdjson::SUCCESS) {
      // One value needs no brackets.
      if (*count == 1) return read_value(data);
      return refuse(fmt::format("'data' of input '{}' is {}; it must be an array", tensor_.name, kind_of(data)));
    }
    const bool nested = array.size() > 0 && (*array.begin()).is_array();
    if (auto read = nested ? read_level(array, 0) : read_flat(array); !read) return read;
    const std::size_t size = size_of(tensor_.type);
    const std::size_t has = size == 0 ? tensor_.elements.size() : tensor_.values.size() / size;
    if (has == *count) return {};
    return refuse(fmt::format("input '{}' of shape {} needs {} values, and {} came", tensor_.name,
                              to_text(tensor_.shape), *count, has));
  }

 private:
  static Result<void> refuse(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

  Result<void> read_level(const simdjson::dom::array& array, std::size_t level) {
    std::int64_t size = 0;
    for (const element& value : array) {
      ++size;
      simdjson::dom::array inner;
      if (level + 1 == tensor_.shape.size()) {
        if (auto read = read_value(value); !read) return read;
      } else if (value.get_array().get(inner) != simdjson::SUCCESS) {
        return refuse(fmt::format("'data' of input '{}' has {} where its shape {} has an array", tensor_.name,
                                  kind_of(value), to_text(tensor_.shape)));
      } else if (auto read = read_level(inner, level + 1); !read) {
        return read;
      }
    }
    if (size == tensor_.shape[level]) return {};
    return refuse(fmt::format("'data' of input '{}' has an array of {} where its shape {} has {}", tensor_.name, size,
                              to_text(tensor_.shape), tensor_.shape[level]));
  }

  Result<void> read_flat(const simdjson::dom::array& array) {
    tensor_.values.reserve(array.size() * size_of(tensor_.type));
    for (const element& value : array) {
      if (auto read = read_value(value); !read) return read;
    }
    return {};
  }

  Result<void> read_value(const element& value) {
    if (tensor_.type == DataType::bytes) return read_text(value);
    if (append_value(value, tensor_.type, tensor_.values)) return {};
    return refuse(fmt::format("value {} of input '{}' is {}, which is no {}", index(), tensor_.name, shown(value),
                              name(tensor_.type)));
  }

  Result<void> read_text(const element& value) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) {
      return refuse(
          fmt::format("value {} of input '{}' is {}; BYTES are strings", index(), tensor_.name, kind_of(value)));
    }
    if (!base64_) {
      tensor_.elements.push_back(to_bytes(text));
      return {};
    }
    auto bytes = decode_base64(text);
    if (!bytes) return refuse(fmt::format("value {} of input '{}' is not base64", index(), tensor_.name));
    tensor_.elements.push_back(std::move(*bytes));
    return {};
  }

  [[nodiscard]] std::size_t index() const {
    const std::size_t size = size_of(tensor_.type);
    return size == 0 ? tensor_.elements.size() : tensor_.values.size() / size;
  }

  static std::string shown(const element& value) {
    if (value.is_array() || value.is_object() || value.is_string()) return std::string(kind_of(value));
    return simdjson::minify(value);
  }

  Tensor& tensor_;
  const bool base64_;
};

template <typename T>
void append_number(T value, std::string& json) {
  std::array<char, 40> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  const std::string_view number(text.data(), static_cast<std::size_t>(end - text.data()));
  if constexpr (std::floating_point<T>) {
    if (!std::isfinite(value)) {
      json += "null";  // JSON has no such number
      return;
    }
    json += number;
    if (number.find_first_of(".e") == std::string_view::npos) json += ".0";
  } else {
    json += number;
  }
}

// Calls `use(value)` for value number `index` with its own type; BYTES and FP16 are left to the caller.
template <typename Use>
void with_value(const Tensor& tensor, std::size_t index, Use use) {
  const auto load = [&]<typename T>(T value) {
    std::memcpy(&value, tensor.values.data() + index * sizeof(T), sizeof(T));
    use(value);
  };
  switch (tensor.type) {
    case DataType::boolean:
    case DataType::uint8:
      return load(std::uint8_t{});
    case DataType::uint16:
      return load(std::uint16_t{});
    case DataType::uint32:
      return load(std::uint32_t{});
    case DataType::uint64:
      return load(std::uint64_t{});
    case DataType::int8:
      return load(std::int8_t{});
    case DataType::int16:
      return load(std::int16_t{});
    case DataType::int32:
      return load(std::int32_t{});
    case DataType::int64:
      return load(std::int64_t{});
    case DataType::fp32:
      return load(float{});
    case DataType::fp64:
      return load(double{});
    case DataType::fp16:
    case DataType::bytes:
      return;
  }
}

void append_one(const Tensor& tensor, std::size_t index, std::string& json) {
  if (tensor.type == DataType::bytes) return append_string(as_text(tensor.elements[index]), json);
  with_value(tensor, index, [&](auto value) {
    if (tensor.type == DataType::boolean) {
      json += value != 0 ? "true" : "false";
    } else {
      append_number(value, json);
    }
  });
}

void append_level(const Tensor& tensor, std::size_t level, std::size_t& index, std::string& json) {
  if (level == tensor.shape.size()) {
    append_one(tensor, index++, json);
    return;
  }
  json += '[';
  for (std::int64_t i = 0; i < tensor.shape[level]; ++i) {
    if (i > 0) json += ',';
    append_level(tensor, level + 1, index, json);
  }
  json += ']';
}

}  // namespace

Result<element> parse_json(ByteView text) {
  thread_local std::unique_ptr<simdjson::dom::parser> parser;
  if (!parser || parser->capacity() > kKeptCapacity) parser = std::make_unique<simdjson::dom::parser>();
  if (parser->max_depth() != kMaxDepth) {
    const auto allocated = parser->allocate(text.size(), kMaxDepth);
    if (allocated != simdjson::SUCCESS) return fail(ErrorCode::too_large, "there is no memory for this JSON");
  }
  element document;
  const auto error = parser->parse(reinterpret_cast<const char*>(text.data()), text.size()).get(document);
  if (error == simdjson::SUCCESS) return document;
  if (error == simdjson::DEPTH_ERROR) {
    return fail(ErrorCode::invalid_argument, fmt::format("the JSON is nested deeper than {} levels", kMaxDepth));
  }
  return fail(ErrorCode::invalid_argument, fmt::format("the body is not JSON: {}", simdjson::error_message(error)));
}

std::string_view kind_of(const element& value) {
  switch (value.type()) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a string";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

Result<void> read_data(const element& data, bool base64, Tensor& tensor) {
  if (tensor.type == DataType::fp16) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("input '{}' is FP16, which JSON cannot hold; send it in binary", tensor.name));
  }
  return DataReader(tensor, base64).read(data);
}

bool append_value(const element& value, DataType type, Bytes& values) {
  switch (type) {
    case DataType::boolean: {
      bool truth = false;
      if (value.get_bool().get(truth) != simdjson::SUCCESS) return false;
      values.push_back(std::byte{truth});
      return true;
    }
    case DataType::uint8:
      return append_integer<std::uint8_t>(value, values);
    case DataType::uint16:
      return append_integer<std::uint16_t>(value, values);
    case DataType::uint32:
      return append_integer<std::uint32_t>(value, values);
    case DataType::uint64:
      return append_integer<std::uint64_t>(value, values);
    case DataType::int8:
      return append_integer<std::int8_t>(value, values);
    case DataType::int16:
      return append_integer<std::int16_t>(value, values);
    case DataType::int32:
      return append_integer<std::int32_t>(value, values);
    case DataType::int64:
      return append_integer<std::int64_t>(value, values);
    case DataType::fp32:
      return append_float<float>(value, values);
    case DataType::fp64:
      return append_float<double>(value, values);
    case DataType::fp16:
    case DataType::bytes:
      return false;
  }
  return false;
}

void append_string(std::string_view text, std::string& json) {
  json += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_values(const Tensor& tensor, std::string& json) {
  const std::size_t size = size_of(tensor.type);
  const std::size_t count = size == 0 ? tensor.elements.size() : tensor.values.size() / size;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    append_one(tensor, i, json);
  }
}

void append_nested(const Tensor& tensor, std::string& json) {
  std::size_t index = 0;
  append_level(tensor, 0, index, json);
}

}  // namespace vidi::open_inference
