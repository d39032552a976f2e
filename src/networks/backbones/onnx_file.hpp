#pragma once
// Backbones on the disk: model.toml, and model.onnx. For the other files of this folder.

#include <filesystem>

#include "backbones/backbone.hpp"

namespace vidi::backbones {

// `path`: an ONNX file with a model.toml beside it or above its version's folder, or the folder of a model.toml, of
// which the latest version is taken. Errors: not_found, invalid_argument (what is wrong with it).
Result<Backbone> read_backbone(const std::filesystem::path& path);

// Error: not_found (there is nothing to read).
Result<Bytes> read_whole(const std::filesystem::path& path);

// "NAME, SHA-256 ...": of a file and its bytes.
std::string name_with_digest(const std::filesystem::path& path, ByteView bytes);

}  // namespace vidi::backbones
