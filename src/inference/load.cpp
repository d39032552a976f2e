#include "inference/batching.hpp"
#include "inference/model.hpp"
#include "inference/openvino/openvino_model.hpp"
#include "inference/split.hpp"

namespace vidi::inference {

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  auto model = load_openvino_model(path, options);
  if (!model) return model;
  return batch(split(std::move(*model), options.batch), options.batch);
}

}  // namespace vidi::inference
