#include "model_writing/durable_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace vidi::model_writing {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

std::unexpected<Error> disk_error(std::string_view what, const fs::path& path, const std::error_code& error) {
  return fail(ErrorCode::internal, fmt::format("{} {} failed: {}", what, path.string(), error.message()));
}

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

Result<void> flush_folder(const fs::path& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return disk_error("flushing", path, last_error());
  return {};
}

Result<void> replace_file(const fs::path& path, ByteView bytes) {
  Temporary temporary(path);
  if (auto written = write_file(temporary.path(), bytes); !written) return written;
  return temporary.rename();
}

Temporary::Temporary(fs::path target)
    : target_(std::move(target)),
      path_(target_.parent_path() / fmt::format(".{}.tmp-{}", target_.filename().string(), ::getpid())) {
  remove();
}

Temporary::~Temporary() { remove(); }

Result<void> Temporary::rename() {
  std::error_code error;
  fs::rename(path_, target_, error);
  if (error) return disk_error("writing", target_, error);
  return flush_folder(target_.parent_path());
}

void Temporary::remove() const {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace vidi::model_writing
