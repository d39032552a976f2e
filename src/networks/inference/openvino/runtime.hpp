#pragma once
// OpenVINO on the processor: it reads ONNX, its own IR, TensorFlow and TFLite with its front ends.

#include "inference/runtime.hpp"

namespace vidi::inference {

// The one of the process. Thread-safe.
const Runtime& openvino_runtime();

}  // namespace vidi::inference
