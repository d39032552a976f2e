#include "models/network_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <vector>

#include "inference/file_form.hpp"

namespace vidi::models {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected =
    "expected model.onnx, model.xml with model.bin, saved_model.pb with its variables, a TensorFlow checkpoint such as "
    "model.ckpt.meta with its index and data files, or model.tflite";

constexpr const char* kCheckpoint = "a checkpoint";

std::uint64_t size_of(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    std::error_code failed;
    const auto size = entry.is_regular_file(failed) ? entry.file_size(failed) : 0;
    if (!failed) sum += size;
  }
  return sum;
}

// The name that `checkpoint` gives, without the folder in which the training ran.
Result<std::string> named_checkpoint(const fs::path& file) {
  std::ifstream text(file);
  constexpr std::string_view kKey = "model_checkpoint_path:";
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(kKey)) continue;
    const std::size_t begin = line.find('"');
    const std::size_t end = line.rfind('"');
    if (begin == std::string::npos || end <= begin) break;
    std::string name = fs::path(line.substr(begin + 1, end - begin - 1)).filename().string();
    if (!name.empty()) return name;
    break;
  }
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("{} names no checkpoint; it must have a line such as model_checkpoint_path: \"model.ckpt-1000\"",
                  file.string()));
}

std::vector<std::string> names_ending_in(const fs::path& folder, std::string_view ending) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(ending)) names.push_back(name.substr(0, name.size() - ending.size()));
  }
  std::ranges::sort(names);
  return names;
}

Result<std::string> current_checkpoint(const fs::path& folder, const std::vector<std::string>& names) {
  if (fs::exists(folder / "checkpoint")) return named_checkpoint(folder / "checkpoint");
  if (names.size() == 1) return names.front();
  if (std::ranges::find(names, "model.ckpt") != names.end()) return "model.ckpt";
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} holds the checkpoints {}, and no file `checkpoint` that names the current one",
                          folder.string(), fmt::join(names, ", ")));
}

Result<fs::path> find_checkpoint(const fs::path& folder, const std::vector<std::string>& names) {
  const auto name = current_checkpoint(folder, names);
  if (!name) return forward_error(name);
  const auto shards = names_ending_in(folder, "");
  const bool has_data =
      std::ranges::any_of(shards, [&](const auto& each) { return each.starts_with(*name + ".data-"); });
  for (const auto& [file, is_there] : {std::pair(*name + ".meta", fs::exists(folder / (*name + ".meta"))),
                                       std::pair(*name + ".index", fs::exists(folder / (*name + ".index"))),
                                       std::pair(*name + ".data-00000-of-00001", has_data)}) {
    if (is_there) continue;
    return fail(ErrorCode::not_found,
                fmt::format("of the checkpoint {} in {}, {} is missing", *name, folder.string(), file));
  }
  return folder / (*name + ".meta");
}

Result<fs::path> find_part(const fs::path& folder, std::string_view whole, std::string_view part) {
  if (fs::exists(folder / part)) return folder / whole;
  return fail(ErrorCode::not_found, fmt::format("{} holds {} without {}", folder.string(), whole, part));
}

}  // namespace

Result<NetworkFile> find_network(const fs::path& folder) {
  std::vector<std::string> found;
  for (const char* name : {"model.onnx", "model.xml", "saved_model.pb", "model.tflite"}) {
    if (fs::exists(folder / name)) found.emplace_back(name);
  }
  const auto checkpoints = names_ending_in(folder, ".meta");
  if (!checkpoints.empty() || fs::exists(folder / "checkpoint")) found.emplace_back(kCheckpoint);
  if (found.size() != 1) {
    return fail(found.empty() ? ErrorCode::not_found : ErrorCode::invalid_argument,
                found.empty()
                    ? fmt::format("there is no network in {}: {}", folder.string(), kExpected)
                    : fmt::format("{} holds {}: keep one of them", folder.string(), fmt::join(found, " and ")));
  }
  const std::string& file = found.front();
  Result<fs::path> path = folder / file;
  NetworkFile network;
  if (file == "model.xml") {
    path = find_part(folder, file, "model.bin");
  } else if (file == "saved_model.pb") {
    path = folder;
  } else if (file == kCheckpoint) {
    path = find_checkpoint(folder, checkpoints);
  }
  if (!path) return forward_error(path);
  network.path = *path;
  network.platform = inference::platform_name(inference::form_of(path->string()));
  network.bytes = size_of(folder);
  return network;
}

}  // namespace vidi::models
