#include "features/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/file.hpp"

namespace vidi::features {
namespace {

constexpr const char* kName = "manifest.json";

std::string text_of(const nlohmann::ordered_json& settings, const std::string& key) {
  return settings.contains(key) ? settings[key].dump() : "nothing";
}

// A folder of this machine by its full name, whatever folder the program is started in; others as they are, but without
// what may be a signature.
std::string full_name(const std::string& name) {
  if (name.starts_with("http")) return name.substr(0, name.find('?'));
  return name.starts_with("s3://") ? name : std::filesystem::weakly_canonical(name).string();
}

// `value` + `more`, where it is no number yet `more`.
template <typename T>
  requires std::is_arithmetic_v<T>
void add(nlohmann::ordered_json& value, T more) {
  value = (value.is_number() ? value.get<T>() : T{}) + more;
}

}  // namespace

nlohmann::ordered_json settings_of(const Job& job, const backbones::Backbone& backbone, const std::string& digest,
                                   std::int64_t part_pictures) {
  nlohmann::ordered_json settings;
  settings["source"] = full_name(job.source);
  settings["backbone"] = backbone.name;
  settings["backbone_sha256"] = digest;
  settings["weights"] = backbone.weights;
  settings["size"] = fmt::format("{}x{}", backbone.input.width, backbone.input.height);
  settings["precision"] = inference::precision_name(precision_of(job));
  settings["apply"] = job.apply.empty() ? "" : full_name(job.apply);
  settings["pca"] = job.components;
  settings["augment"] = job.augment;
  settings["augment_seed"] = job.augment_seed;
  settings["limit"] = job.limit;
  settings["labels"] = job.labels.empty() ? "" : full_name(job.labels.string());
  settings["keep_scaled"] = job.keep_scaled;
  settings["max_bytes"] = job.reading.max_bytes;
  settings["part_pictures"] = part_pictures;
  return settings;
}

void add_effort(const Effort& effort, const Job& job, const Summary& summary, nlohmann::ordered_json& manifest) {
  const bool from_bucket = job.source.starts_with("s3://");
  const bool to_bucket = job.out.starts_with("s3://");
  const auto of_output = [&](std::uint64_t count) { return to_bucket ? count : 0; };
  nlohmann::ordered_json& bill = manifest["bill"];
  add(bill["instance_seconds"], effort.seconds);
  bill["pictures"] = effort.pictures;
  add(bill["disk_bytes"], effort.written.bytes_written);
  nlohmann::ordered_json& s3 = bill["s3"];
  add(s3["list_requests"], effort.read.lists);
  add(s3["get_requests"], effort.read.gets + of_output(effort.written.gets));
  add(s3["put_requests"], of_output(effort.written.puts));
  add(s3["bytes_in"], (from_bucket ? effort.read.bytes : 0) + of_output(effort.written.bytes_read));
  add(s3["bytes_out"], of_output(effort.written.bytes_written));
  nlohmann::ordered_json& timings = manifest["timings"];
  add(timings["total_s"], effort.seconds);
  add(timings["starting_s"], summary.starting);
  add(timings["reading_s"], summary.reading);
  add(timings["decoding_s"], summary.decoding);
  add(timings["inferring_s"], summary.inferring);
  add(timings["writing_s"], summary.writing);
  add(timings["reducing_s"], summary.reducing);
}

Result<std::optional<nlohmann::ordered_json>> read_manifest(Output& output) {
  const auto path = output.fetch(kName);
  if (!path && path.error().code == ErrorCode::not_found) return std::nullopt;
  if (!path) return forward_error(path);
  std::ifstream stream(*path);
  auto manifest = nlohmann::ordered_json::parse(stream, nullptr, false);
  output.release(kName);
  const bool whole = manifest.is_object() && manifest.contains("settings") && manifest["settings"].is_object() &&
                     manifest.contains("state") && manifest["state"].is_string();
  if (!whole) return fail(ErrorCode::invalid_argument, "the output's manifest.json is damaged, or not one of vidi's");
  return manifest;
}

Result<void> write_manifest(const nlohmann::ordered_json& manifest, Output& output, FeatureTable& table) {
  const auto path = output.place(kName);
  if (!path) return forward_error(path);
  // A name of a file may hold bytes that are no UTF-8.
  const std::string text = manifest.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  const auto written =
      files::write_whole(*path, as_bytes(text), {.temporary = path->parent_path() / ".manifest.json.tmp"});
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
