#include "inference/batching.hpp"
#include "inference/model.hpp"
#include "inference/openvino/openvino_model.hpp"

namespace vidi::inference {
namespace {

constexpr std::size_t kRows = 32;  // of a batch

}  // namespace

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  auto model = load_openvino_model(path, options);
  if (!model) return model;
  return batch(std::move(*model), kRows, options.name.empty() ? nullptr : &batch_sizes(options.name));
}

}  // namespace vidi::inference
