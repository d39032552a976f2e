#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "inference/load.hpp"
#include "models/folder_state.hpp"
#include "models/load.hpp"
#include "models/network_file.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Loaded = std::shared_ptr<const models::LoadedModel>;

void print_json(const Json& value) { fmt::print("{}\n", value.dump(2, ' ', false, Json::error_handler_t::replace)); }

// Rows of texts in columns as wide as the widest of each; those of `right` end at the same place.
void print_table(const std::vector<std::vector<std::string>>& rows, const std::vector<bool>& right) {
  std::vector<std::size_t> widths(right.size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += right[i] ? fmt::format("{:>{}}  ", row[i], widths[i]) : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

Json describe(const models::IndexEntry& entry, const Loaded& model) {
  Json row;
  row["name"] = entry.name;
  row["version"] = entry.version;
  row["state"] = models::name(entry.state);
  row["reason"] = entry.reason;
  if (!model) return row;
  row["platform"] = model->platform;
  row["form"] = models::name(model->description.form);
  row["labels"] = model->description.labels.size();
  row["input"] = model->network->input().shape;
  row["bytes"] = model->bytes;
  return row;
}

int list(bool json, const Settings& settings) {
  const models::Repository repository = open_models(settings);
  Json all = Json::array();
  std::vector<std::vector<std::string>> rows{
      {"NAME", "VERSION", "STATE", "PLATFORM", "FORM", "LABELS", "INPUT", "MB", "REASON"}};
  for (const models::IndexEntry& entry : repository.index()) {
    const auto found = repository.find(entry.name, entry.version);
    const Loaded model = found ? *found : nullptr;
    all.push_back(describe(entry, model));
    std::vector<std::string> row{entry.name, entry.version, std::string(models::name(entry.state))};
    if (model) {
      row.insert(row.end(), {model->platform, std::string(models::name(model->description.form)),
                             std::to_string(model->description.labels.size()),
                             inference::shape_text(model->network->input().shape),
                             fmt::format("{:.2f}", static_cast<double>(model->bytes) / 1e6)});
    } else {
      row.insert(row.end(), {"", "", "", "", ""});
    }
    row.push_back(first_line(entry.reason));
    rows.push_back(std::move(row));
  }
  if (json) {
    print_json(all);
  } else {
    print_table(rows, {false, true, false, false, false, true, false, true, false});
  }
  return 0;
}

// What a check has found, line for line.
class Findings {
 public:
  explicit Findings(bool json) : json_(json) {}

  void fine(const std::string& what) { add("ok", what); }
  void doubtful(const std::string& what) { add("warning", what); }
  void wrong(const std::string& what) {
    add("wrong", what);
    is_fine_ = false;
  }

  int finish(const std::string& name) {
    if (json_) {
      Json result;
      result["model"] = name;
      result["fine"] = is_fine_;
      result["findings"] = std::move(lines_);
      print_json(result);
    } else {
      fmt::print("{}: {}\n", name, is_fine_ ? "it can be served" : "it cannot be served as it is");
    }
    return is_fine_ ? 0 : 1;
  }

 private:
  void add(const char* kind, const std::string& what) {
    lines_.push_back(Json{{"kind", kind}, {"what", what}});
    if (!json_) fmt::print("{:<8} {}\n", kind, what);
  }

  const bool json_;
  bool is_fine_ = true;
  Json lines_ = Json::array();
};

void check_version(const fs::path& folder, std::uint64_t version, const models::Description& description,
                   Findings& findings) {
  const auto loaded = models::load_version(folder, version, description);
  if (!loaded) return findings.wrong(fmt::format("version {}: {}", version, loaded.error().message));
  const models::LoadedModel& model = **loaded;
  findings.fine(fmt::format(
      "version {}: {}, input '{}' {}, output '{}' {}, {:.2f} MB; it answered about a picture", version, model.platform,
      model.network->input().name, inference::shape_text(model.network->input().shape), model.network->output().name,
      inference::shape_text(model.network->output().shape), static_cast<double>(model.bytes) / 1e6));
}

int check(const std::string& path, bool json) {
  // "." and "models/digits/" name folders too.
  fs::path folder = fs::weakly_canonical(path);
  if (!fs::is_directory(folder)) throw std::runtime_error(fmt::format("there is no folder {}", path));
  Findings findings(json);
  const std::string name = folder.filename().string();
  const auto state = models::look_at_model(folder);
  if (!state) {
    findings.wrong(fmt::format("{} holds neither a model.toml nor a folder of a version, such as 1", path));
    return findings.finish(name);
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string other = entry.path().filename().string();
    const bool is_report = other == "report";  // of `vidi fit`
    if (entry.is_directory() && !other.starts_with('.') && !is_report && !models::version_number(other)) {
      findings.doubtful(fmt::format("the folder {} is no version: versions are whole numbers such as 1", other));
    }
  }
  const auto description = models::describe_model(folder);
  if (!description) {
    findings.wrong(description.error().message);
    return findings.finish(name);
  }
  findings.fine(fmt::format("model.toml: form {}, {} labels, {} by {} with {} channel{}, {}",
                            models::name(description->form), description->labels.size(), description->input.width,
                            description->input.height, description->input.channels,
                            description->input.channels == 1 ? "" : "s", models::name(description->input.layout)));
  for (const std::string& warning : description->warnings) findings.doubtful(warning);
  if (state->versions.empty()) findings.wrong("there is no version: expected a folder such as 1 with a network");
  for (const auto& [version, print] : state->versions) check_version(folder, version, *description, findings);
  for (const std::uint64_t version : description->versions.listed) {
    if (!state->versions.contains(version)) {
      findings.wrong(fmt::format("[versions] names {}, and there is no such folder", version));
    }
  }
  return findings.finish(name);
}

// "1.23 M"
std::string short_number(std::uint64_t number) {
  const auto value = static_cast<double>(number);
  if (value >= 1e9) return fmt::format("{:.2f} G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  return std::to_string(number);
}

Json describe(const inference::Port& port) {
  Json result;
  result["name"] = port.name;
  if (port.shape) result["shape"] = *port.shape;
  return result;
}

int summarize(const std::string& name, const std::optional<std::uint64_t>& wanted, bool json,
              const Settings& settings) {
  const fs::path folder = fs::path(settings.text("models")) / name;
  const auto state = models::look_at_model(folder);
  if (!state || state->versions.empty())
    throw std::runtime_error(fmt::format("there is no model in {}", folder.string()));
  const std::uint64_t version = wanted.value_or(state->versions.rbegin()->first);
  const auto description = models::describe_model(folder);
  if (!description) throw std::runtime_error(description.error().message);
  const auto file = models::find_network(folder / std::to_string(version));
  if (!file) throw std::runtime_error(file.error().message);
  const auto summary = inference::summarize(file->path.string(), models::load_options(*description));
  if (!summary) throw std::runtime_error(summary.error().message);
  if (json) {
    Json result{{"name", name}, {"version", std::to_string(version)}, {"platform", file->platform}};
    result["input"] = describe(summary->input);
    result["output"] = describe(summary->output);
    result["parameters"] = summary->parameters;
    result["multiply_adds"] = summary->multiply_adds;
    result["layers"] = Json::array();
    for (const inference::Layer& layer : summary->layers) {
      result["layers"].push_back(Json{{"type", layer.type},
                                      {"name", layer.name},
                                      {"shape", layer.shape},
                                      {"parameters", layer.parameters},
                                      {"multiply_adds", layer.multiply_adds}});
    }
    print_json(result);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"LAYER", "NAME", "SHAPE", "PARAMETERS", "MULTIPLY-ADDS"}};
  for (const inference::Layer& layer : summary->layers) {
    rows.push_back({layer.type, layer.name, inference::shape_text(layer.shape),
                    layer.parameters > 0 ? std::to_string(layer.parameters) : "",
                    layer.multiply_adds > 0 ? std::to_string(layer.multiply_adds) : ""});
  }
  print_table(rows, {false, false, false, true, true});
  fmt::print("\n{}, version {} ({}): input '{}' {}, output '{}' {}\n", name, version, file->platform,
             summary->input.name, inference::shape_text(*summary->input.shape), summary->output.name,
             summary->output.shape ? inference::shape_text(*summary->output.shape) : "");
  fmt::print("{} parameters, {} multiply-adds a picture (convolutions and matrix products)\n",
             short_number(summary->parameters), short_number(summary->multiply_adds));
  return 0;
}

struct ModelsOptions {
  bool json = false;
  std::string folder;
  std::string name;
  std::uint64_t version = 0;
};

}  // namespace

Action add_models(Command program) {
  Command command = program.subcommand("models", "List the models, check one, or say what it is made of");
  auto options = std::make_shared<ModelsOptions>();
  command.flag("--json", &options->json, "JSON instead of a table");
  auto flags = std::make_shared<SettingFlags>(command, std::vector<std::string_view>{"models"});

  Command checking = command.subcommand("check", "Try out one model's folder, and say what is wrong with it");
  checking.option("DIR", &options->folder, "The folder of the model: MODELS/NAME").required();
  checking.flag("--json", &options->json, "JSON instead of lines");

  Command summing = command.subcommand("summary", "Layers, shapes, parameters and multiply-adds of a model");
  summing.option("NAME", &options->name, "The model").required();
  const Option version = summing.option("--version", &options->version, "Instead of the latest");
  summing.flag("--json", &options->json, "JSON instead of a table");
  auto summary_flags = std::make_shared<SettingFlags>(summing, std::vector<std::string_view>{"models"});

  return [=] {
    if (checking.is_chosen()) return check(options->folder, options->json);
    if (summing.is_chosen()) {
      const auto wanted = version.is_given() ? std::optional(options->version) : std::nullopt;
      return summarize(options->name, wanted, options->json, summary_flags->read());
    }
    return list(options->json, flags->read());
  };
}

}  // namespace vidi::app
