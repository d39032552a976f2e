#include "files/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace vidi::files {
namespace {

namespace fs = std::filesystem;

// Contents, size, times and permissions: of what has just been made all of it is new, so this takes no longer than
// without the times.
Outcome<void> flush(int descriptor) {
  if (::fsync(descriptor) != 0) return std::unexpected(Failure{.code = errno, .unsynchronized = true});
  return {};
}

Outcome<void> flush_path(const fs::path& path, int flags) {
  const auto file = File::open(path, flags);
  if (!file) return forward_error(file);
  return flush(file->descriptor());
}

Outcome<void> rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(Failure{.code = errno});
  return {};
}

Outcome<void> flush_folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  return synchronize_folder(folder.empty() ? "." : folder);
}

}  // namespace

fs::path temporary_beside(const fs::path& path) {
  return path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), ::getpid());
}

TemporaryName& TemporaryName::operator=(TemporaryName&& other) noexcept {
  std::swap(temporary_, other.temporary_);
  std::swap(path_, other.path_);
  std::swap(used_, other.used_);
  return *this;
}

TemporaryName::~TemporaryName() {
  std::error_code ignored;
  if (!used_) fs::remove_all(temporary_, ignored);
}

Outcome<void> TemporaryName::rename(Durability durability) {
  if (auto renamed = rename_path(temporary_, path_); !renamed) return renamed;
  used_ = true;
  return durability == Durability::flushed ? flush_folder_of(path_) : Outcome<void>();
}

Outcome<AtomicFile> AtomicFile::create(const fs::path& path, AtomicFileOptions options) {
  fs::path temporary = options.temporary.empty() ? temporary_beside(path) : std::move(options.temporary);
  auto file = File::open(temporary, O_WRONLY | O_CREAT | O_TRUNC, options.mode);
  if (!file) return forward_error(file);
  return AtomicFile(std::move(*file), TemporaryName(std::move(temporary), path), options.durability);
}

Outcome<void> AtomicFile::write(ByteView bytes) {
  if (auto written = file_.write(bytes, size_); !written) return written;
  size_ += bytes.size();
  return {};
}

Outcome<void> AtomicFile::commit() {
  if (durability_ == Durability::flushed) {
    if (auto flushed = flush(file_.descriptor()); !flushed) return flushed;
  }
  return name_.rename(durability_);
}

Outcome<AtomicFolder> AtomicFolder::create(const fs::path& path) {
  fs::path temporary = temporary_beside(path);
  std::error_code error;
  fs::remove_all(temporary, error);
  if (!error) fs::create_directories(temporary, error);
  if (error) return std::unexpected(Failure{.code = error.value()});
  return AtomicFolder(TemporaryName(std::move(temporary), path));
}

Outcome<void> AtomicFolder::commit() {
  if (auto flushed = synchronize_folder(path()); !flushed) return flushed;
  return name_.rename(Durability::flushed);
}

Outcome<void> write_whole(const fs::path& path, ByteView bytes, AtomicFileOptions options) {
  auto file = AtomicFile::create(path, std::move(options));
  if (!file) return forward_error(file);
  if (auto written = file->write(bytes); !written) return written;
  return file->commit();
}

Outcome<void> put_in_place(const fs::path& made, const fs::path& path) {
  if (auto flushed = flush_path(made, O_RDONLY); !flushed) return flushed;
  if (auto renamed = rename_path(made, path); !renamed) return renamed;
  return flush_folder_of(path);
}

Outcome<void> write_flushed(const fs::path& path, ByteView bytes, mode_t mode) {
  auto file = File::open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
  if (!file) return forward_error(file);
  if (auto written = file->write(bytes, 0); !written) return written;
  return flush(file->descriptor());
}

}  // namespace vidi::files
