#include "open_inference/tensor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <bit>
#include <cstring>

namespace vidi::open_inference {
namespace {

// Values are handed on as they are.
static_assert(std::endian::native == std::endian::little);

struct TypeName {
  DataType type;
  std::string_view name;
  std::size_t size;
};

// In the order of DataType.
constexpr std::array<TypeName, 13> kTypes{{{DataType::boolean, "BOOL", 1},
                                           {DataType::uint8, "UINT8", 1},
                                           {DataType::uint16, "UINT16", 2},
                                           {DataType::uint32, "UINT32", 4},
                                           {DataType::uint64, "UINT64", 8},
                                           {DataType::int8, "INT8", 1},
                                           {DataType::int16, "INT16", 2},
                                           {DataType::int32, "INT32", 4},
                                           {DataType::int64, "INT64", 8},
                                           {DataType::fp16, "FP16", 2},
                                           {DataType::fp32, "FP32", 4},
                                           {DataType::fp64, "FP64", 8},
                                           {DataType::bytes, "BYTES", 0}}};

constexpr std::size_t kMaxDimensions = 16;

}  // namespace

std::string_view name(DataType type) { return kTypes[static_cast<std::size_t>(type)].name; }

std::optional<DataType> data_type(std::string_view name) {
  for (const TypeName& each : kTypes) {
    if (each.name == name) return each.type;
  }
  return std::nullopt;
}

std::size_t size_of(DataType type) { return kTypes[static_cast<std::size_t>(type)].size; }

Result<std::size_t> element_count(std::string_view name, const std::vector<std::int64_t>& shape, std::size_t most) {
  if (shape.empty() || shape.size() > kMaxDimensions) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the shape of input '{}' has {} dimensions; 1 to {} are allowed", name, shape.size(),
                            kMaxDimensions));
  }
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 1) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the shape of input '{}' has the dimension {}; each must be at least 1", name, size));
    }
    if (static_cast<std::uint64_t>(size) > most / count) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("the shape {} of input '{}' has more than {} elements", to_text(shape), name, most));
    }
    count *= static_cast<std::size_t>(size);
  }
  return count;
}

Result<void> check_size(const Tensor& tensor) {
  const std::size_t size = size_of(tensor.type);
  const std::size_t has = size == 0 ? tensor.elements.size() : tensor.values.size() / size;
  const auto count = element_count(tensor.name, tensor.shape, SIZE_MAX);
  if (!count) return forward_error(count);
  if (has == *count && (size == 0 || tensor.values.size() % size == 0)) return {};
  if (size == 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("input '{}' of shape {} needs {} elements, and {} came",
                                                         tensor.name, to_text(tensor.shape), *count, has));
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("input '{}' of type {} and shape {} needs {} bytes, and {} came", tensor.name,
                          name(tensor.type), to_text(tensor.shape), *count * size, tensor.values.size()));
}

std::string to_text(const std::vector<std::int64_t>& shape) { return fmt::format("[{}]", fmt::join(shape, ",")); }

Result<std::vector<Bytes>> split_elements(std::string_view name, ByteView bytes, std::size_t most) {
  std::vector<Bytes> elements;
  while (!bytes.empty()) {
    std::uint32_t size = 0;
    if (bytes.size() < sizeof size) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("input '{}' ends in the length of element {}", name, elements.size()));
    }
    std::memcpy(&size, bytes.data(), sizeof size);
    bytes = bytes.subspan(sizeof size);
    if (size > bytes.size()) {
      return fail(ErrorCode::invalid_argument, fmt::format("element {} of input '{}' has {} bytes, and {} are left",
                                                           elements.size(), name, size, bytes.size()));
    }
    if (elements.size() == most) {
      return fail(ErrorCode::invalid_argument, fmt::format("input '{}' has more than {} elements", name, most));
    }
    elements.push_back(to_bytes(bytes.first(size)));
    bytes = bytes.subspan(size);
  }
  return elements;
}

void append_elements(const std::vector<Bytes>& elements, std::string& bytes) {
  for (const Bytes& element : elements) {
    const auto size = static_cast<std::uint32_t>(element.size());
    bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
    bytes += as_text(element);
  }
}

}  // namespace vidi::open_inference
