#pragma once
// Backbones on the disk: model.toml, and model.onnx.

#include <filesystem>

#include "backbones/backbone.hpp"

namespace vidi::backbones {

// `path`: an ONNX file with a model.toml beside it or above its version's folder, or the folder of a model.toml, of
// which the latest version is taken. Errors: not_found, invalid_argument (what is wrong with it).
Result<Backbone> read_backbone(const std::filesystem::path& path);

}  // namespace vidi::backbones
