#pragma once
// Files and folders that are under their name only when they are complete.
//
// What each of them guarantees:
// - Whoever looks under the name, at any moment, after a crash of the process or of the machine too, finds what was
//   there before (the old contents, or nothing) or the new contents: never a part, and never nothing where something
//   was.
// - When commit() has returned without an error, it is the new contents for good: they are flushed before the name
//   changes, and the folder that holds the name after it.
// - When it has not, what was there is untouched, unless the failure is of flushing that folder: then either may be
// found
//   after a power failure. What was made is removed.
// - A process that is killed leaves its temporary name. The next one that uses the same name begins anew.
//
// A temporary name is in the same file system as the final one, and used by one at a time.
// Not thread-safe. Failures are those of the system calls.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <utility>

#include "core/bytes.hpp"
#include "files/file.hpp"

namespace vidi::files {

enum class Durability {
  flushed,
  unflushed,  // survives a crash of the process only: for what can be made again, or is flushed together with more
};

// .NAME.PROCESS.tmp beside `path`: hidden, and this process's own.
std::filesystem::path temporary_beside(const std::filesystem::path& path);

// A name that is removed, with what is under it, unless it becomes another one.
class TemporaryName {
 public:
  TemporaryName(std::filesystem::path temporary, std::filesystem::path path)
      : temporary_(std::move(temporary)), path_(std::move(path)) {}
  TemporaryName(TemporaryName&& other) noexcept
      : temporary_(std::move(other.temporary_)),
        path_(std::move(other.path_)),
        used_(std::exchange(other.used_, true)) {}
  TemporaryName& operator=(TemporaryName&& other) noexcept;
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;
  ~TemporaryName();

  [[nodiscard]] const std::filesystem::path& temporary() const { return temporary_; }
  // Flushes nothing but the folder that holds the name.
  Outcome<void> rename(Durability durability);

 private:
  std::filesystem::path temporary_;
  std::filesystem::path path_;
  bool used_ = false;
};

struct AtomicFileOptions {
  std::filesystem::path temporary;  // empty: temporary_beside(path)
  mode_t mode = 0644;
  Durability durability = Durability::flushed;
};

class AtomicFile {
 public:
  // What is under the temporary name is written over. The folders of both names must be there.
  static Outcome<AtomicFile> create(const std::filesystem::path& path, AtomicFileOptions options = {});

  // Behind what was written before. After an error a part may have been written.
  Outcome<void> write(ByteView bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Gives the file its name, in place of one that has it. Once.
  Outcome<void> commit();

 private:
  AtomicFile(File file, TemporaryName name, Durability durability)
      : file_(std::move(file)), name_(std::move(name)), durability_(durability) {}

  File file_;
  TemporaryName name_;
  Durability durability_;
  std::uint64_t size_ = 0;
};

// A folder that others fill. Under its name there may be an empty folder, or nothing.
class AtomicFolder {
 public:
  // Makes the folders above it too. What an earlier one left under the temporary name is removed.
  static Outcome<AtomicFolder> create(const std::filesystem::path& path);

  // Where to write what is to be in it.
  [[nodiscard]] const std::filesystem::path& path() const { return name_.temporary(); }

  // Gives the folder its name. Requires: whoever filled it has flushed the files, and the names in folders below it
  // (write_flushed() and synchronize_folder(), or synchronize_file_system()).
  Outcome<void> commit();

 private:
  explicit AtomicFolder(TemporaryName name) : name_(std::move(name)) {}

  TemporaryName name_;
};

// An AtomicFile of these bytes.
Outcome<void> write_whole(const std::filesystem::path& path, ByteView bytes, AtomicFileOptions options = {});

// For a file that somebody else wrote, as a library does or a download that goes on after a restart: flushes it, and
// gives it its name with the guarantees above. When it fails, the file is still under the name it had.
Outcome<void> put_in_place(const std::filesystem::path& made, const std::filesystem::path& path);

// Writes a file where nobody looks yet, as in an AtomicFolder, and flushes it: its contents, not its name.
Outcome<void> write_flushed(const std::filesystem::path& path, ByteView bytes, mode_t mode = 0644);

}  // namespace vidi::files
