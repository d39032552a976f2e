#pragma once
// Large pictures, a file each: FOLDER/ab/DIGEST. Any thread.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "objects/local/disk.hpp"

namespace vidi::objects::local {

class LargeObjects {
 public:
  // Both folders must be there, in one file system; files that an interrupted write has left in `temporary` are
  // deleted.
  LargeObjects(std::filesystem::path folder, std::filesystem::path temporary, DiskFailed& disk_failed);

  // Durable when it returns.
  Result<void> put(const Digest& digest, ByteView bytes);
  // Error internal: the file does not match its digest.
  [[nodiscard]] Result<std::optional<Bytes>> get(const Digest& digest) const;
  [[nodiscard]] bool contains(const Digest& digest) const;
  Result<bool> remove(const Digest& digest);

  // Writes a small file and deletes it, to see whether the disk takes it.
  Result<void> check();

 private:
  [[nodiscard]] std::filesystem::path path_of(const Digest& digest) const;
  [[nodiscard]] std::filesystem::path temporary_name();
  Outcome<void> make_shard(const std::filesystem::path& shard);
  Result<void> report(const Outcome<void>& outcome);

  std::filesystem::path folder_;
  std::filesystem::path temporary_;
  std::atomic<std::uint64_t> counter_ = 0;
  DiskFailed& disk_failed_;
};

}  // namespace vidi::objects::local
