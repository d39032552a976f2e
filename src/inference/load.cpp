#include "inference/model.hpp"
#include "inference/openvino/openvino_model.hpp"

namespace vidi::inference {

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  return load_openvino_model(path, options);
}

}  // namespace vidi::inference
