#include "models/folder_state.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <utility>

namespace vidi::models {
namespace {

namespace fs = std::filesystem;

// Deeper folders belong to no form of a network.
constexpr int kDepth = 4;

Fingerprint mixed(Fingerprint sum, Fingerprint value) {
  // splitmix64's last steps: every bit of the value reaches every bit of the sum.
  value += sum + 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

std::uint64_t ticks(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

Fingerprint of_file(const fs::path& path, const struct stat& status) {
  Fingerprint print = std::hash<std::string>()(path.filename().string());
  for (const std::uint64_t value :
       {static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_ino), ticks(status.st_mtim),
        ticks(status.st_ctim)}) {
    print = mixed(print, value);
  }
  return print;
}

// Sorted, without those that begin with a dot.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with('.')) entries.push_back(it->path());
  }
  std::ranges::sort(entries);
  return entries;
}

bool is_folder(const struct stat& status) { return S_ISDIR(status.st_mode); }

Fingerprint of_folder(const fs::path& folder, int depth, std::vector<fs::path>& seen) {
  seen.push_back(folder);
  Fingerprint sum = 1;
  for (const fs::path& entry : entries_of(folder)) {
    struct stat status{};
    if (stat(entry.c_str(), &status) != 0) continue;
    if (!is_folder(status)) {
      sum = mixed(sum, of_file(entry, status));
    } else if (depth > 0) {
      sum = mixed(sum, mixed(std::hash<std::string>()(entry.filename().string()), of_folder(entry, depth - 1, seen)));
    }
  }
  return sum;
}

}  // namespace

std::optional<std::uint64_t> version_number(const std::string& name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size() || name != std::to_string(number)) return std::nullopt;
  return number;
}

Fingerprint ModelState::whole() const {
  Fingerprint sum = files;
  for (const auto& [version, print] : versions) sum = mixed(mixed(sum, version), print);
  return sum;
}

std::optional<ModelState> look_at_model(const fs::path& folder) {
  ModelState state;
  state.folders.push_back(folder);
  state.files = 1;
  for (const fs::path& entry : entries_of(folder)) {
    struct stat status{};
    if (stat(entry.c_str(), &status) != 0) continue;
    const auto version = version_number(entry.filename().string());
    if (is_folder(status) && version) {
      state.versions[*version] = of_folder(entry, kDepth, state.folders);
    } else if (!is_folder(status)) {
      state.files = mixed(state.files, of_file(entry, status));
      if (entry.filename() == "model.toml") state.has_description = true;
    }
  }
  if (!state.has_description && state.versions.empty()) return std::nullopt;
  return state;
}

Result<FolderState> look_at(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(ErrorCode::not_found, fmt::format("the models folder {} cannot be read: {}", folder.string(),
                                                  error ? error.message() : "it is no folder"));
  }
  FolderState state;
  for (const fs::path& entry : entries_of(folder)) {
    if (!fs::is_directory(entry, error)) continue;
    if (auto model = look_at_model(entry)) state.emplace(entry.filename().string(), std::move(*model));
  }
  return state;
}

}  // namespace vidi::models
