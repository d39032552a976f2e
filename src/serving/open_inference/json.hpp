#pragma once
// Tensors in JSON, as the REST protocols write them. Only .cpp files include this: it brings simdjson.

#include <simdjson.h>

#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "open_inference/tensor.hpp"

namespace vidi::open_inference {

// Parses a whole text. `document` belongs to the parser of the calling thread and lasts until it parses again. Error
// invalid_argument: it is not JSON, or deeper than 64 levels.
Result<simdjson::dom::element> parse_json(ByteView text);

// What kind of thing stands there: "a string".
std::string_view kind_of(const simdjson::dom::element& element);

// Fills `tensor.values` (or `elements`) from `data`, which is flat, or nested as the tensor's shape says. `name`,
// `type` and `shape` are set before. With `base64` the strings of a BYTES tensor are decoded. Error invalid_argument:
// too many or too few values, another nesting, a value that the type cannot hold.
Result<void> read_data(const simdjson::dom::element& data, bool base64, Tensor& tensor);

// One value of the type behind the others. False: the type cannot hold it.
bool append_value(const simdjson::dom::element& value, DataType type, Bytes& values);

// Text in JSON's quotes. What is not UTF-8 is replaced by U+FFFD.
void append_string(std::string_view text, std::string& json);

// The tensor's values, flat, without brackets. Floats have a point or an exponent.
void append_values(const Tensor& tensor, std::string& json);

// The same, nested as the shape says, with brackets.
void append_nested(const Tensor& tensor, std::string& json);

}  // namespace vidi::open_inference
