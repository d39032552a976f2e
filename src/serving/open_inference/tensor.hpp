#pragma once
// Tensors as the Open Inference Protocol has them (version 2, "Tensor Data"): a data type, a shape, values in row-major
// order.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::open_inference {

enum class DataType { boolean, uint8, uint16, uint32, uint64, int8, int16, int32, int64, fp16, fp32, fp64, bytes };

// "FP32"
std::string_view name(DataType type);

// Absent: there is no such type.
std::optional<DataType> data_type(std::string_view name);

// Bytes of one element; 0 for `bytes`, whose elements have lengths of their own.
std::size_t size_of(DataType type);

struct Tensor {
  std::string name;
  DataType type = DataType::fp32;
  std::vector<std::int64_t> shape;  // the first dimension is the batch
  Bytes values;                     // least significant byte first, without padding; empty for `bytes`
  std::vector<Bytes> elements;      // of `bytes`
};

// How many elements a tensor of that shape has. Error invalid_argument: a dimension under 1, too many dimensions, or
// more elements than `most`; it names the tensor.
Result<std::size_t> element_count(std::string_view name, const std::vector<std::int64_t>& shape, std::size_t most);

// Whether values and shape agree. Error invalid_argument, with both counts.
Result<void> check_size(const Tensor& tensor);

// "[1,28,28]"
std::string to_text(const std::vector<std::int64_t>& shape);

// Takes the elements of a BYTES tensor apart: each has its length in the first four bytes, the least significant first.
// Error invalid_argument: they do not end where the bytes do, or are more than `most`.
Result<std::vector<Bytes>> split_elements(std::string_view name, ByteView bytes, std::size_t most);

// The other way round.
void append_elements(const std::vector<Bytes>& elements, std::string& bytes);

}  // namespace vidi::open_inference
