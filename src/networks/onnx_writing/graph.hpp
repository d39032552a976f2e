#pragma once
// Models as their messages. For the other files of this folder.

#include <onnx/onnx_pb.h>

#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::onnx_writing {

// Error: undecodable.
Result<onnx::ModelProto> parse_model(ByteView file);

// The file of a model; the same bytes for the same model. Error: internal (it is over 2 GiB).
Result<Bytes> model_bytes(const onnx::ModelProto& model);

// The model with nothing but the nodes that lead to `output` (empty: its only output), the inputs and constants that
// these take, and that output. An input with a constant of the same name is that constant.
// Errors: invalid_argument (there is no such output, or there are several and none is named; weights in other files; an
// operator set before 7), undecodable (nothing makes a value that a node takes).
Result<onnx::ModelProto> part_of(onnx::ModelProto model, std::string_view output);

}  // namespace vidi::onnx_writing
