#pragma once
// From a network's file to what runs it, on this machine, by whichever runtime reads it (runtimes.cpp). Thread-safe.

#include <memory>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "inference/inspect.hpp"
#include "inference/model.hpp"
#include "inference/picture_network.hpp"

namespace vidi::inference {

// Reads and compiles a network of one of the forms in file_form.hpp, tuned (tuning.hpp) and batched. Numbers of other
// types become float32 at both ends, a batch of fixed size any number of rows, where the network allows by reshaping
// it. Errors: not_found (no such file), invalid_argument (it cannot be read, has other inputs and outputs, or cannot be
// computed in that precision).
Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options);

// Compiles a network of ONNX. `onnx` is not needed afterwards. With int8 the calibration pictures are run through the
// network first. Errors: invalid_argument: it cannot be read, does not take pictures as `input` describes them, answers
// something else than rows of numbers, or is to be computed in int8 without calibration pictures.
Result<std::unique_ptr<PictureNetwork>> compile_picture_network(ByteView onnx, const PixelInput& input,
                                                                const PictureNetworkOptions& options);

// Every input and output that the file has. Of a TensorFlow checkpoint those of the graph that it was trained with.
// Errors: as load_model.
Result<Ports> list_ports(const std::string& path);

// Of the part of the network that leads from that input to that output. Errors: as load_model.
Result<Summary> summarize(const std::string& path, const LoadOptions& options);

}  // namespace vidi::inference
