#pragma once
// Which network a version's folder holds.

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace vidi::models {

struct NetworkFile {
  std::filesystem::path path;  // as inference::load_model() takes it
  std::string platform;        // inference::platform_name()
  std::uint64_t bytes = 0;     // of all its files
};

// Exactly one of: model.onnx; model.xml with model.bin; saved_model.pb with its variables; a TensorFlow checkpoint, of
// which the folder's file `checkpoint` names the current one, or there is only one; model.tflite.
// Errors: not_found (none, or a part of one is missing), invalid_argument (several).
Result<NetworkFile> find_network(const std::filesystem::path& folder);

}  // namespace vidi::models
