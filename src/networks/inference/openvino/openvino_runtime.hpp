#pragma once
// What the runtime's parts are, each in a file of its own: openvino_model.cpp, picture_network.cpp, inspect.cpp. For
// the files of this folder.

#include "inference/runtime.hpp"

namespace vidi::inference {

class OpenVinoRuntime final : public Runtime {
 public:
  [[nodiscard]] std::string_view name() const override { return "openvino"; }
  [[nodiscard]] Attributes attributes() const override;
  [[nodiscard]] Result<std::unique_ptr<Model>> load(const std::string& path, const LoadOptions& options) const override;
  [[nodiscard]] Result<std::unique_ptr<PictureNetwork>> compile_pictures(
      ByteView onnx, const PixelInput& input, const PictureNetworkOptions& options) const override;
  [[nodiscard]] Result<Ports> list_ports(const std::string& path) const override;
  [[nodiscard]] Result<Summary> summarize(const std::string& path, const LoadOptions& options) const override;
};

}  // namespace vidi::inference
