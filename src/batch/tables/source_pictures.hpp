#pragma once
// The pictures of a source that features were made of, or that were rejected, as Parquet files.
// docs/reference/formats/features.md describes the columns.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace vidi::tables {

struct SourcePicture {
  std::int64_t sequence = 0;  // its place in the order of the listing
  std::string image;
  std::string label;
  std::int64_t size = 0;  // bytes
  std::string version;    // what changes when the picture does: an ETag or a time
  std::string reason;     // why it was rejected, in one word; empty: it was not
  std::string detail;     // the same as a sentence

  bool operator==(const SourcePicture&) const = default;
};

// A file is replaced as a whole, durable when this returns. Errors: internal (the folder is missing or cannot be
// written, the disk is full).
Result<void> write_source_pictures(const std::filesystem::path& path, const std::vector<SourcePicture>& pictures);

// Errors: invalid_argument (no such file, no Parquet, columns missing).
Result<std::vector<SourcePicture>> read_source_pictures(const std::filesystem::path& path);

// image, reason, detail of those that were rejected, taken from `next` until it gives none. Errors: as
// write_source_pictures(), and those of `next`.
Result<void> write_rejects(const std::filesystem::path& path,
                           const std::function<Result<std::optional<SourcePicture>>()>& next);

}  // namespace vidi::tables
