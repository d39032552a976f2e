#pragma once
// ONNX's own checker and its strict shape inference, over what we write.

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "onnx_writing/onnx_writer.hpp"

namespace vidi::recipes {

// Error: undecodable, with what the checker found.
Result<void> check_onnx(ByteView file);

// The model as the bytes of its file, after the checker found nothing wrong.
// Error: internal, with what it found.
Result<Bytes> finish_checked(const onnx_writing::OnnxWriter& writer);

}  // namespace vidi::recipes
