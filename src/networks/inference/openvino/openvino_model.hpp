#pragma once
// Networks run by OpenVINO on the processor.

#include <memory>
#include <string>

#include "inference/model.hpp"

namespace vidi::inference {

// See load_model. Reads what OpenVINO's front ends read: ONNX, its own IR, TensorFlow, TFLite.
Result<std::unique_ptr<Model>> load_openvino_model(const std::string& path, const LoadOptions& options);

}  // namespace vidi::inference
