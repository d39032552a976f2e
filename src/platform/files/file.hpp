#pragma once
// Files as stores need them: with every failure of the disk told. Writing a file as a whole: atomic_file.hpp.
// Not thread-safe, but for reading.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::files {

struct Failure {
  int code = 0;                 // an errno value
  bool unsynchronized = false;  // fsync failed: unlike a full disk, trying again proves nothing
};

template <typename T>
using Outcome = std::expected<T, Failure>;

// Set once the disk has failed to keep what was written: nothing more is written until the next start.
using DiskFailed = std::atomic<bool>;

inline constexpr Failure kDiskFailed{.code = 0, .unsynchronized = true};

// What a failure means to a client, in a sentence without paths. `what` the disk holds: "the pictures".
Error explain(const Failure& failure, std::string_view what);

// The same for the person who named the path: "writing models/digits failed: No space left on device".
Error explain_with_path(const Failure& failure, const std::filesystem::path& path);

// Owns a file descriptor.
class File {
 public:
  // `flags` and `mode` as for open(2).
  static Outcome<File> open(const std::filesystem::path& path, int flags, mode_t mode = 0644);

  File() = default;
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File();

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] Outcome<std::uint64_t> size() const;

  // Writes all the bytes at `offset`. After an error a part may have been written.
  Outcome<void> write(ByteView bytes, std::uint64_t offset);
  // Reads until `bytes` is full or the file ends; the number of bytes read.
  Outcome<std::size_t> read(std::span<std::byte> bytes, std::uint64_t offset) const;
  Outcome<void> truncate(std::uint64_t size);
  // Makes the contents durable. After an error nothing is known of what is on the disk.
  Outcome<void> synchronize();

 private:
  explicit File(int descriptor) : descriptor_(descriptor) {}

  int descriptor_ = -1;
};

// Makes everything durable that was written to the file system that holds this file or folder.
Outcome<void> synchronize_file_system(const File& file);

// Makes the names in a folder durable.
Outcome<void> synchronize_folder(const std::filesystem::path& folder);

}  // namespace vidi::files
