#include "models/load.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "inference/inspect.hpp"
#include "inference/load.hpp"
#include "models/preprocess.hpp"
#include "models/suggest.hpp"

namespace vidi::models {
namespace {

namespace fs = std::filesystem;

Result<void> check_output(const LoadedModel& model) {
  const auto& shape = model.network->output().shape;
  const auto classes = static_cast<std::int64_t>(model.description.classes());
  // A network that does not say how many classes it has shows it in the trial.
  if (shape.empty() || (shape.size() == 2 && (shape[1] == classes || shape[1] < 0))) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("model {}: there are {} labels{}, but the output '{}' has shape {}", model.description.name,
                          model.description.labels.size(), model.description.has_none ? " and none" : "",
                          model.network->output().name, inference::shape_text(shape)));
}

}  // namespace

Result<Description> describe_model(const fs::path& folder) {
  const fs::path path = folder / "model.toml";
  if (!fs::exists(path)) {
    return fail(ErrorCode::not_found, fmt::format("there is no {}{}", path.string(), suggestion(folder)));
  }
  auto description = read_description(path.string());
  if (description && description->name != folder.filename().string()) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: 'name' is \"{}\", but its folder is {}", path.string(),
                                                         description->name, folder.filename().string()));
  }
  if (description && description->output.kind == OutputKind::features) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: a model that makes features gives no answers and cannot be served; it is a backbone for "
                    "`vidi features --backbone`",
                    path.string()));
  }
  return description;
}

inference::LoadOptions load_options(const Description& description) {
  inference::LoadOptions options;
  options.name = description.name;
  options.input = description.input.name;
  options.output = description.output.name;
  options.precision = description.precision;
  if (description.threads > 0) options.threads = description.threads;
  if (description.streams > 0) options.streams = description.streams;
  options.batch = description.batch;
  options.max_wait = std::chrono::milliseconds(description.max_wait);
  options.input_shapes = input_shapes(description.input);
  options.constants = description.input.constants;
  return options;
}

Result<std::shared_ptr<const LoadedModel>> load_version(const fs::path& folder, std::uint64_t version,
                                                        const Description& description) {
  const auto file = find_network(folder / std::to_string(version));
  if (!file) return forward_error(file);
  auto network = inference::load_model(file->path.string(), load_options(description));
  if (!network) return forward_error(network);
  auto model = std::make_shared<LoadedModel>();
  model->description = description;
  model->version = std::to_string(version);
  model->platform = file->platform;
  model->bytes = file->bytes;
  model->network = std::move(*network);
  if (auto checked = check_output(*model); !checked) return forward_error(checked);
  if (auto tried = try_out(*model); !tried) return forward_error(tried);
  return model;
}

}  // namespace vidi::models
