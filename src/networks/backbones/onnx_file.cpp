#include "backbones/onnx_file.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "core/digest.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"
#include "inference/load.hpp"
#include "models/folder_state.hpp"
#include "models/load.hpp"
#include "models/network_file.hpp"

namespace vidi::backbones {
namespace {

namespace fs = std::filesystem;

struct Files {
  fs::path description;
  fs::path network;
};

Result<Files> find_in_folder(const fs::path& folder) {
  if (!fs::exists(folder / "model.toml")) {
    return fail(ErrorCode::not_found, fmt::format("there is no model.toml in {}", folder.string()));
  }
  const auto state = models::look_at_model(folder);
  if (!state || state->versions.empty()) {
    return fail(ErrorCode::not_found, fmt::format("there is no network in {}: expected 1/model.onnx", folder.string()));
  }
  const auto file = models::find_network(folder / std::to_string(state->versions.rbegin()->first));
  if (!file) return forward_error(file);
  if (file->platform != "onnx") {
    return fail(ErrorCode::invalid_argument, fmt::format("a backbone is an ONNX file, and {} is not one (it is {})",
                                                         file->path.string(), file->platform));
  }
  return Files{.description = folder / "model.toml", .network = file->path};
}

Result<Files> find_files(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return find_in_folder(path);
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::not_found, fmt::format("there is no file {}", path.string()));
  }
  const fs::path beside = fs::absolute(path).parent_path();
  for (const fs::path& folder : {beside, beside.parent_path()}) {
    if (fs::exists(folder / "model.toml", error)) return Files{.description = folder / "model.toml", .network = path};
  }
  return fail(ErrorCode::not_found,
              fmt::format("{} has no model.toml beside it or above its folder, which says what its input takes",
                          path.string()));
}

// The number of columns that the output has.
Result<std::size_t> columns_of(const Files& files, const inference::Port& output) {
  const auto shape = output.shape.value_or(std::vector<std::int64_t>{});
  if (shape.size() == 2 && shape[1] > 0) return static_cast<std::size_t>(shape[1]);
  return fail(ErrorCode::invalid_argument,
              fmt::format("{}: the output '{}' has shape {}; features are rows of numbers, [n,columns]",
                          files.network.string(), output.name, inference::shape_text(shape)));
}

}  // namespace

Result<Bytes> read_whole(const fs::path& path) {
  auto bytes = files::read_file(path);
  if (!bytes || bytes->empty()) return fail(ErrorCode::not_found, fmt::format("{} cannot be read", path.string()));
  return std::move(*bytes);
}

std::string name_with_digest(const fs::path& path, ByteView bytes) {
  return fmt::format("{}, SHA-256 {}", path.filename().string(), to_string(sha256(bytes)));
}

Result<Backbone> read_backbone(const fs::path& path) {
  const auto files = find_files(path);
  if (!files) return forward_error(files);
  auto description = models::read_description(files->description.string());
  if (!description) return forward_error(description);
  if (description->form != models::Form::picture || !description->input.constants.empty()) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: a backbone has the form \"picture\" and no input.constants", files->description.string()));
  }
  const auto summary = inference::summarize(files->network.string(), models::load_options(*description));
  if (!summary) return forward_error(summary);
  const auto columns = columns_of(*files, summary->output);
  if (!columns) return forward_error(columns);
  auto onnx = read_whole(files->network);
  if (!onnx) return forward_error(onnx);
  Backbone backbone;
  backbone.name = description->name;
  backbone.input = std::move(description->input);
  backbone.input.name = summary->input.name;
  backbone.output = summary->output.name;
  backbone.columns = *columns;
  backbone.weights = name_with_digest(files->network, *onnx);
  backbone.onnx = std::move(*onnx);
  return backbone;
}

Result<void> save_backbone(const Backbone& backbone, const fs::path& folder) {
  models::Description description;
  description.name = backbone.name;
  description.description = "Features of pictures; weights: " + backbone.weights;
  description.form = models::Form::picture;
  description.input = backbone.input;
  description.output = {.name = backbone.output, .kind = models::OutputKind::features};
  std::error_code error;
  fs::create_directories(folder / "1", error);
  if (error) {
    return fail(ErrorCode::internal, fmt::format("{} cannot be made: {}", (folder / "1").string(), error.message()));
  }
  const std::string toml = models::to_toml(description);
  for (const auto& [path, bytes] : {std::pair(folder / "1" / "model.onnx", ByteView(backbone.onnx)),
                                    std::pair(folder / "model.toml", as_bytes(toml))}) {
    const auto written = files::write_whole(path, bytes, {.temporary = path.string() + ".part"});
    if (!written) return std::unexpected(files::explain(written.error(), "the backbone"));
  }
  return {};
}

}  // namespace vidi::backbones
