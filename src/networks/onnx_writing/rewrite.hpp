#pragma once
// ONNX models made of others.

#include <cstddef>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::onnx_writing {

// The model with nothing but what leads to one of its outputs; `output` empty: its only one.
// Errors: as OnnxWriter::add_model.
Result<Bytes> keep_output(ByteView model, std::string_view output);

// Constants of fewer values than this stay as they are: they would save nothing.
inline constexpr std::size_t kLeastHalved = 1024;

// The model in about half the bytes: its constants of float32 with `least` values or more are kept in half precision,
// each followed by a Cast to float32, which whatever loads the model computes once. Constants with a value beyond the
// range of half precision stay as they are. The model computes in float32 as before, with rounded weights.
// Errors: undecodable (it is no ONNX model), invalid_argument (weights in other files).
Result<Bytes> halve(ByteView model, std::size_t least = kLeastHalved);

}  // namespace vidi::onnx_writing
