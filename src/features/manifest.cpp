#include "features/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "files/file.hpp"

namespace vidi::features {
namespace {

constexpr const char* kName = "manifest.json";

std::string text_of(const nlohmann::ordered_json& settings, const std::string& key) {
  return settings.contains(key) ? settings[key].dump() : "nothing";
}

}  // namespace

Result<std::optional<nlohmann::ordered_json>> read_manifest(Output& output) {
  const auto path = output.fetch(kName);
  if (!path && path.error().code == ErrorCode::not_found) return std::nullopt;
  if (!path) return std::unexpected(path.error());
  std::ifstream stream(*path);
  auto manifest = nlohmann::ordered_json::parse(stream, nullptr, false);
  output.release(kName);
  const bool whole = manifest.is_object() && manifest.contains("settings") && manifest["settings"].is_object() &&
                     manifest.contains("state") && manifest["state"].is_string();
  if (!whole) return fail(ErrorCode::invalid_argument, "the output's manifest.json is damaged, or not one of vidi's");
  return manifest;
}

Result<void> write_manifest(const nlohmann::ordered_json& manifest, Output& output, Table& table) {
  const auto path = output.place(kName);
  if (!path) return std::unexpected(path.error());
  // A name of a file may hold bytes that are no UTF-8.
  const std::string text = manifest.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const auto written = files::write_whole(path->parent_path() / ".manifest.json.tmp", *path, as_bytes(text));
  if (!written) return std::unexpected(files::explain(written.error(), "the table"));
  return table.publish(kName);
}

Result<void> compare_settings(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now) {
  std::vector<std::string> differences;
  for (const auto& [key, value] : now.items()) {
    if (!before.contains(key) || before[key] != value) {
      differences.push_back(fmt::format("{} is {}, and was {}", key, value.dump(), text_of(before, key)));
    }
  }
  if (differences.empty()) return {};
  return fail(ErrorCode::conflict,
              fmt::format("the output holds a job with other settings: {}. Give the same ones to go on with it, or "
                          "another output",
                          fmt::join(differences, "; ")));
}

}  // namespace vidi::features
