#include "models/repository.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>
#include <utility>

namespace vidi::models {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> version_number(const std::string& name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

// The name of the folder with the greatest number; absent when there is none.
std::optional<std::string> latest_version(const fs::path& folder) {
  std::optional<std::pair<std::uint64_t, std::string>> latest;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const auto number = version_number(name);
    if (entry.is_directory() && number && (!latest || *number > latest->first)) latest = {*number, name};
  }
  return latest ? std::optional(latest->second) : std::nullopt;
}

Result<void> check_output(const LoadedModel& model) {
  const auto& shape = model.network->output().shape;
  const auto classes =
      static_cast<std::int64_t>(model.description.labels.size() + (model.description.has_none ? 1 : 0));
  if (shape.size() == 2 && (shape[1] == classes || shape[1] < 0)) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("model {}: there are {} labels{}, but the output '{}' has shape [{}]", model.description.name,
                          model.description.labels.size(), model.description.has_none ? " and none" : "",
                          model.network->output().name, fmt::join(shape, ",")));
}

Result<std::shared_ptr<const LoadedModel>> load(const fs::path& folder) {
  auto description = read_description((folder / "model.toml").string());
  if (!description) return forward_error(description);
  if (description->name != folder.filename().string()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: 'name' is \"{}\", but its folder is {}", (folder / "model.toml").string(),
                            description->name, folder.filename().string()));
  }
  const auto version = latest_version(folder);
  if (!version) {
    return fail(ErrorCode::not_found,
                fmt::format("model {}: no version in {}; expected a folder such as 1 with model.onnx",
                            description->name, folder.string()));
  }
  inference::LoadOptions options;
  options.name = description->name;
  options.input = description->input.name;
  options.output = description->output;
  options.precision = description->precision;
  auto network = inference::load_model((folder / *version / "model.onnx").string(), options);
  if (!network) return forward_error(network);
  auto model = std::make_shared<LoadedModel>();
  model->description = std::move(*description);
  model->version = *version;
  model->network = std::move(*network);
  if (auto checked = check_output(*model); !checked) return forward_error(checked);
  return model;
}

}  // namespace

Result<Repository> Repository::open(const std::string& folder) {
  std::error_code error;
  std::vector<std::shared_ptr<const LoadedModel>> models;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!fs::exists(entry.path() / "model.toml")) continue;
    auto model = load(entry.path());
    if (!model) return forward_error(model);
    models.push_back(std::move(*model));
  }
  if (error) {
    return fail(ErrorCode::not_found, fmt::format("the models folder {} cannot be read: {}", folder, error.message()));
  }
  if (models.empty()) {
    return fail(ErrorCode::not_found,
                fmt::format("no model in {}: expected folders such as {}/digits-softmax with model.toml in them",
                            folder, folder));
  }
  return Repository(std::move(models));
}

Repository::Repository(std::vector<std::shared_ptr<const LoadedModel>> models) {
  for (auto& model : models) {
    const std::string name = model->description.name;
    models_.insert_or_assign(name, std::move(model));
  }
}

Result<std::shared_ptr<const LoadedModel>> Repository::find(std::string_view name) const {
  const auto found = models_.find(name);
  if (found != models_.end()) return found->second;
  return fail(ErrorCode::not_found,
              fmt::format("there is no model '{}'; there are: {}", name, fmt::join(names(), ", ")));
}

std::vector<std::string> Repository::names() const {
  std::vector<std::string> result;
  for (const auto& [name, model] : models_) result.push_back(name);
  return result;
}

}  // namespace vidi::models
