#pragma once
// A model.toml to begin with, for a folder that has none.

#include <filesystem>
#include <string>

namespace vidi::models {

// A sentence and the text of a file, filled in from the input and output of the latest version's network; where that
// cannot be read, why. Empty: the folder holds no version.
std::string suggestion(const std::filesystem::path& folder);

}  // namespace vidi::models
