#include "model_writing/model_writer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <system_error>

#include "files/atomic_file.hpp"
#include "files/file.hpp"

namespace vidi::model_writing {
namespace {

namespace fs = std::filesystem;

// What anybody may read whom the umask lets.
constexpr mode_t kMode = 0666;

Result<void> explained(const files::Outcome<void>& outcome, const fs::path& path) {
  if (outcome) return {};
  return std::unexpected(files::explain_with_path(outcome.error(), path));
}

Result<void> create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return std::unexpected(files::explain_with_path({.code = error.value()}, path));
  return {};
}

Result<void> replace_file(const fs::path& path, ByteView bytes) {
  return explained(files::write_whole(path, bytes, {.mode = kMode}), path);
}

// In a folder that has no name yet.
Result<void> write_file(const fs::path& path, ByteView bytes) {
  return explained(files::write_flushed(path, bytes, kMode), path);
}

Result<void> flush_folder(const fs::path& path) { return explained(files::synchronize_folder(path), path); }

// A folder that holds just model.onnx.
Result<void> fill_version(const fs::path& folder, ByteView onnx) {
  if (auto created = create_folders(folder); !created) return created;
  if (auto written = write_file(folder / "model.onnx", onnx); !written) return written;
  return flush_folder(folder);
}

fs::path model_folder(const Destination& destination) { return destination.root / destination.name; }

fs::path version_folder(const Destination& destination) {
  return model_folder(destination) / std::to_string(destination.version);
}

// `write`: write_file or replace_file.
Result<void> write_further(const fs::path& folder, const FurtherFiles& further,
                           Result<void> (*write)(const fs::path&, ByteView)) {
  for (const auto& [name, bytes] : further) {
    const fs::path parent = (folder / name).parent_path();
    if (auto created = create_folders(parent); !created) return created;
    if (auto written = write(folder / name, bytes); !written) return written;
    if (auto flushed = flush_folder(parent); !flushed) return flushed;
  }
  return {};
}

// A folder with what `fill` writes into it, or none.
template <std::invocable<const fs::path&> Fill>
Result<void> write_folder(const fs::path& path, Fill fill) {
  auto folder = files::AtomicFolder::create(path);
  if (!folder) return std::unexpected(files::explain_with_path(folder.error(), path));
  if (Result<void> filled = fill(folder->path()); !filled) return filled;
  return explained(folder->commit(), path);
}

Result<void> write_whole_model(const Destination& destination, ByteView onnx, std::string_view toml,
                               const FurtherFiles& further) {
  return write_folder(model_folder(destination), [&](const fs::path& folder) -> Result<void> {
    if (auto filled = fill_version(folder / std::to_string(destination.version), onnx); !filled) return filled;
    if (auto written = write_further(folder, further, write_file); !written) return written;
    return write_file(folder / "model.toml", as_bytes(toml));
  });
}

Result<void> write_version(const Destination& destination, ByteView onnx) {
  if (fs::exists(version_folder(destination))) return replace_file(onnx_path(destination), onnx);
  return write_folder(version_folder(destination), [&](const fs::path& folder) { return fill_version(folder, onnx); });
}

// The folder itself, or the nearest above it that exists.
fs::path nearest_existing(const fs::path& path) {
  std::error_code ignored;
  fs::path nearest = fs::absolute(path);
  while (!fs::exists(nearest, ignored) && nearest.has_relative_path()) nearest = nearest.parent_path();
  return nearest;
}

}  // namespace

fs::path onnx_path(const Destination& destination) { return version_folder(destination) / "model.onnx"; }

fs::path toml_path(const Destination& destination) { return model_folder(destination) / "model.toml"; }

Result<void> check_destination(const Destination& destination) {
  std::error_code ignored;
  if (!destination.force && fs::exists(version_folder(destination), ignored)) {
    return fail(ErrorCode::conflict, fmt::format("version {} of {} exists in {}: --force replaces it, --model-version "
                                                 "writes another beside it",
                                                 destination.version, destination.name, destination.root.string()));
  }
  const fs::path existing = nearest_existing(model_folder(destination));
  if (!fs::is_directory(existing, ignored)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the model cannot be written: {} is not a folder", existing.string()));
  }
  if (::access(existing.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("the model cannot be written to {}: {}", existing.string(),
                                                         std::error_code(errno, std::generic_category()).message()));
  }
  return {};
}

Result<void> write_model(const Destination& destination, ByteView onnx, std::string_view toml,
                         const FurtherFiles& further) {
  if (auto good = check_destination(destination); !good) return good;
  std::error_code ignored;
  if (!fs::exists(model_folder(destination), ignored)) {
    return write_whole_model(destination, onnx, toml, further);
  }
  if (auto written = write_version(destination, onnx); !written) return written;
  if (auto written = write_further(model_folder(destination), further, replace_file); !written) return written;
  return replace_file(toml_path(destination), as_bytes(toml));
}

}  // namespace vidi::model_writing
