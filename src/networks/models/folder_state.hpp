#pragma once
// What lies in the folder of models, told from one look to the next: names, versions, and whether any file has changed.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace vidi::models {

// A number that changes when a file is added, taken away, replaced or written to.
using Fingerprint = std::uint64_t;

struct ModelState {
  Fingerprint files = 0;                          // of those beside the versions: model.toml, labels
  std::map<std::uint64_t, Fingerprint> versions;  // of each version's folder
  bool has_description = false;                   // there is a model.toml
  std::vector<std::filesystem::path> folders;     // every one that was looked into

  // Of everything.
  [[nodiscard]] Fingerprint whole() const;
};

using FolderState = std::map<std::string, ModelState>;

// The number that a version's folder is called by: "1", not "01"; absent for other names.
std::optional<std::uint64_t> version_number(const std::string& name);

// The folders that hold a model.toml or a version. Those and files whose names begin with a dot are left out, so that
// copying can be done under such a name. What vanishes meanwhile is as if it had not been there.
// Error not_found: the folder cannot be read.
Result<FolderState> look_at(const std::filesystem::path& folder);

// One model's folder; absent: it holds no model.
std::optional<ModelState> look_at_model(const std::filesystem::path& folder);

}  // namespace vidi::models
