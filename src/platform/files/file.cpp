#include "files/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace vidi::files {
namespace {

std::unexpected<Failure> system_failure() { return std::unexpected(Failure{.code = errno}); }

}  // namespace

Error explain(const Failure& failure, std::string_view what) {
  if (failure.unsynchronized) {
    return {ErrorCode::internal,
            fmt::format("the disk failed to keep what was written: {} cannot be stored until vidi is "
                        "started again",
                        what)};
  }
  switch (failure.code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {ErrorCode::internal, fmt::format("the disk that holds {} is full: make room on it", what)};
    case EROFS:
    case EACCES:
    case EPERM:
      return {ErrorCode::internal, fmt::format("{} cannot be written: their folder is read-only", what)};
    case EMFILE:
    case ENFILE:
      return {ErrorCode::unavailable, "too many files are open: try again later"};
    default:
      return {ErrorCode::internal,
              fmt::format("the disk that holds {} failed: {}", what, std::generic_category().message(failure.code))};
  }
}

Error explain_with_path(const Failure& failure, const std::filesystem::path& path) {
  return {ErrorCode::internal, fmt::format("{} {} failed: {}", failure.unsynchronized ? "flushing" : "writing",
                                           path.string(), std::generic_category().message(failure.code))};
}

Outcome<File> File::open(const std::filesystem::path& path, int flags, mode_t mode) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (descriptor < 0) return system_failure();
  return File(descriptor);
}

File& File::operator=(File&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Outcome<std::uint64_t> File::size() const {
  struct stat status{};
  if (::fstat(descriptor_, &status) != 0) return system_failure();
  return static_cast<std::uint64_t>(status.st_size);
}

Outcome<void> File::write(ByteView bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure();
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Outcome<std::size_t> File::read(std::span<std::byte> bytes, std::uint64_t offset) const {
  std::size_t total = 0;
  while (total < bytes.size()) {
    const std::span<std::byte> rest = bytes.subspan(total);
    const ssize_t count = ::pread(descriptor_, rest.data(), rest.size(), static_cast<off_t>(offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure();
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

Outcome<void> File::truncate(std::uint64_t size) {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return system_failure();
  return {};
}

Outcome<void> File::synchronize() {
  if (::fdatasync(descriptor_) != 0) return std::unexpected(Failure{.code = errno, .unsynchronized = true});
  return {};
}

Outcome<void> synchronize_file_system(const File& file) {
  if (::syncfs(file.descriptor()) != 0) return std::unexpected(Failure{.code = errno, .unsynchronized = true});
  return {};
}

Outcome<void> synchronize_folder(const std::filesystem::path& folder) {
  const auto file = File::open(folder, O_RDONLY | O_DIRECTORY);
  if (!file) return forward_error(file);
  if (::fsync(file->descriptor()) != 0) return std::unexpected(Failure{.code = errno, .unsynchronized = true});
  return {};
}

}  // namespace vidi::files
