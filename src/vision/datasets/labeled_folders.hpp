#pragma once
// Labeled pictures as most programs keep them: FOLDER/LABEL/FILE.

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace vidi::datasets {

struct LabeledFile {
  std::filesystem::path path;
  std::string label;  // the name of the folder that it is in
};

// Every file directly in a folder of `folder`, by label and then by name. What begins with a dot is left out.
// Errors: not_found (no such folder, or one that cannot be read), invalid_argument (no folder in it holds a file).
Result<std::vector<LabeledFile>> list_labeled_files(const std::filesystem::path& folder);

}  // namespace vidi::datasets
