#pragma once
// Writes a trained model where the server finds it: ROOT/NAME/VERSION/model.onnx and ROOT/NAME/model.toml.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::model_writing {

struct Destination {
  std::filesystem::path root;
  std::string name;
  unsigned version = 1;
  bool force = false;  // replace the model of that version when there is one
};

// Whether write_model would refuse, found out before hours of training rather than after.
// Errors: conflict (the version exists and `force` is not set), invalid_argument (the root is not a folder that can be
// written).
Result<void> check_destination(const Destination& destination);

// What stands beside model.toml, by its path from the model's folder: "report/report.md".
using FurtherFiles = std::map<std::filesystem::path, Bytes>;

// Each file is written under a temporary name that begins with a dot, flushed to the disk, and renamed, so that a
// reader sees the old one or the new one. A model with its first version appears as a whole folder; with a further
// version model.toml, which describes the newest, is renamed last, after what stands beside it. Errors: as
// check_destination, and internal (the disk refuses). What was there before is then still there.
Result<void> write_model(const Destination& destination, ByteView onnx, std::string_view toml,
                         const FurtherFiles& further = {});

std::filesystem::path onnx_path(const Destination& destination);
std::filesystem::path toml_path(const Destination& destination);

}  // namespace vidi::model_writing
