#include "training/model_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace vidi::training {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> disk_error(std::string_view what, const fs::path& path, const std::error_code& error) {
  return fail(ErrorCode::internal, fmt::format("{} {} failed: {}", what, path.string(), error.message()));
}

std::error_code last_error() { return {errno, std::generic_category()}; }

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : value_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;

  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

Result<void> write_file(const fs::path& path, ByteView bytes) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (file.get() < 0) return disk_error("creating", path, last_error());
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return disk_error("writing", path, last_error());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) return disk_error("flushing", path, last_error());
  return {};
}

// Makes the names in a folder last through a power failure.
Result<void> flush_folder(const fs::path& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return disk_error("flushing", path, last_error());
  return {};
}

// A name beside `target` until it is renamed to it; what is still there at the end is removed.
class Temporary {
 public:
  explicit Temporary(fs::path target)
      : target_(std::move(target)),
        path_(target_.parent_path() / fmt::format(".{}.tmp-{}", target_.filename().string(), ::getpid())) {
    remove();
  }
  ~Temporary() { remove(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  Temporary(Temporary&&) = delete;
  Temporary& operator=(Temporary&&) = delete;

  [[nodiscard]] const fs::path& path() const { return path_; }

  Result<void> rename() {
    std::error_code error;
    fs::rename(path_, target_, error);
    if (error) return disk_error("writing", target_, error);
    return flush_folder(target_.parent_path());
  }

 private:
  void remove() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  fs::path target_;
  fs::path path_;
};

Result<void> create_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return disk_error("creating", path, error);
  return {};
}

Result<void> replace_file(const fs::path& target, ByteView bytes) {
  Temporary temporary(target);
  if (auto written = write_file(temporary.path(), bytes); !written) return written;
  return temporary.rename();
}

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

Result<void> write_whole_model(const Destination& destination, ByteView onnx, std::string_view toml) {
  if (auto created = create_folders(destination.root); !created) return created;
  Temporary temporary(model_folder(destination));
  auto filled = fill_version(temporary.path() / std::to_string(destination.version), onnx);
  if (!filled) return filled;
  if (auto written = write_file(temporary.path() / "model.toml", as_bytes(toml)); !written) return written;
  if (auto flushed = flush_folder(temporary.path()); !flushed) return flushed;
  return temporary.rename();
}

Result<void> write_version(const Destination& destination, ByteView onnx) {
  if (fs::exists(version_folder(destination))) return replace_file(onnx_path(destination), onnx);
  Temporary temporary(version_folder(destination));
  if (auto filled = fill_version(temporary.path(), onnx); !filled) return filled;
  return temporary.rename();
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
    return fail(ErrorCode::invalid_argument,
                fmt::format("the model cannot be written to {}: {}", existing.string(), last_error().message()));
  }
  return {};
}

Result<void> write_model(const Destination& destination, ByteView onnx, std::string_view toml) {
  if (auto good = check_destination(destination); !good) return good;
  std::error_code ignored;
  if (!fs::exists(model_folder(destination), ignored)) return write_whole_model(destination, onnx, toml);
  if (auto written = write_version(destination, onnx); !written) return written;
  return replace_file(toml_path(destination), as_bytes(toml));
}

}  // namespace vidi::training
