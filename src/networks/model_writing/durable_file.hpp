#pragma once
// Files that are whole or absent, whenever the power fails or the process is killed.

#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::model_writing {

// Writes the file and flushes it to the disk; until then it may be seen in part. Error: internal.
Result<void> write_file(const std::filesystem::path& path, ByteView bytes);

// Makes the names in a folder last through a power failure. Error: internal.
Result<void> flush_folder(const std::filesystem::path& path);

// A reader sees the old content or the new one. Error: internal; the old content is then still there.
Result<void> replace_file(const std::filesystem::path& path, ByteView bytes);

// "creating models/digits failed: No space left on device"
std::unexpected<Error> disk_error(std::string_view what, const std::filesystem::path& path,
                                  const std::error_code& error);

// A name beside `target` that begins with a dot, until it is renamed to it; what is still there at the end is removed.
class Temporary {
 public:
  explicit Temporary(std::filesystem::path target);
  ~Temporary();
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  Temporary(Temporary&&) = delete;
  Temporary& operator=(Temporary&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  // Error: internal.
  Result<void> rename();

 private:
  void remove() const;

  std::filesystem::path target_;
  std::filesystem::path path_;
};

}  // namespace vidi::model_writing
