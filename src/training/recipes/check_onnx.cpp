#include "recipes/check_onnx.hpp"

#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <exception>
#include <limits>
#include <string>

namespace vidi::recipes {

Result<void> check_onnx(ByteView file) {
  onnx::ModelProto model;
  if (file.size() > std::numeric_limits<int>::max() ||
      !model.ParseFromArray(file.data(), static_cast<int>(file.size()))) {
    return fail(ErrorCode::undecodable, "the file is not an ONNX model: it cannot be parsed");
  }
  try {
    onnx::checker::check_model(model);
    const onnx::ShapeInferenceOptions strict(true, 1, true);
    onnx::shape_inference::InferShapes(model, onnx::OpSchemaRegistry::Instance(), strict);
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::undecodable, std::string("ONNX's checker refuses the model: ") + error.what());
  }
}

Result<Bytes> finish_checked(const onnx_writing::OnnxWriter& writer) {
  auto file = writer.finish();
  if (!file) return file;
  if (auto good = check_onnx(*file); !good) return fail(ErrorCode::internal, std::move(good.error().message));
  return file;
}

}  // namespace vidi::recipes
