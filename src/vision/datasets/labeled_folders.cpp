#include "datasets/labeled_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace vidi::datasets {
namespace {

namespace fs = std::filesystem;

// Sorted, without those that begin with a dot.
Result<std::vector<fs::directory_entry>> visible_entries(const fs::path& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) entries.push_back(*it);
  }
  if (error) return fail(ErrorCode::not_found, fmt::format("{} cannot be read: {}", folder.string(), error.message()));
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

Result<std::vector<LabeledFile>> list_labeled_files(const fs::path& folder) {
  auto labels = visible_entries(folder);
  if (!labels) return forward_error(labels);
  std::vector<LabeledFile> files;
  std::error_code error;
  for (const fs::directory_entry& label : *labels) {
    if (!label.is_directory(error)) continue;
    auto entries = visible_entries(label.path());
    if (!entries) return forward_error(entries);
    for (const fs::directory_entry& entry : *entries) {
      if (entry.is_regular_file(error)) files.push_back({entry.path(), label.path().filename().string()});
    }
  }
  if (files.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} holds no labeled pictures: they are kept as LABEL/FILE in it", folder.string()));
  }
  return files;
}

}  // namespace vidi::datasets
