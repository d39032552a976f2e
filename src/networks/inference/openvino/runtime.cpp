#include "inference/openvino/runtime.hpp"

#include <array>

#include "inference/openvino/openvino_runtime.hpp"

namespace vidi::inference {

Attributes OpenVinoRuntime::attributes() const {
  static constexpr std::array kReads{FileForm::onnx, FileForm::openvino_ir, FileForm::tensorflow_savedmodel,
                                     FileForm::tensorflow_checkpoint, FileForm::tflite};
  static constexpr std::array kComputes{Precision::f32, Precision::bf16, Precision::int8};
  // What is fastest for ResNet50 and EfficientNet-Lite0 in all precisions: docs/reference/performance.md. A larger
  // batch spares little of what the weights cost, and its pictures leave the second cache.
  return {.on_cpu = true, .streams = 0, .picture_batch = 4, .reads = kReads, .precisions = kComputes};
}

const Runtime& openvino_runtime() {
  static const OpenVinoRuntime instance;
  return instance;
}

}  // namespace vidi::inference
