#pragma once
// Where a job's files go: a folder, or a bucket of S3. Every file is there as a whole or not at all.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace vidi::features {

// Requests that are paid for, and bytes.
struct OutputTraffic {
  std::uint64_t puts = 0;  // and lists: tier 1
  std::uint64_t gets = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes_read = 0;
};

// Names are relative, with slashes: "features/part-00000.parquet". One thread at a time. Errors: internal (the disk is
// full, the folder is read-only), unavailable (S3 does not answer).
class Output {
 public:
  virtual ~Output() = default;

  // Where to write a file of that name. The folder is there.
  virtual Result<std::filesystem::path> place(const std::string& name) = 0;
  // The file that was written there is kept from now on.
  virtual Result<void> publish(const std::string& name) = 0;

  // Where a file of that name can be read until release(). Error not_found: there is none.
  virtual Result<std::filesystem::path> fetch(const std::string& name) = 0;
  virtual void release(const std::string& name) = 0;

  // The names of the files in one folder, in their order; none where there is no such folder.
  virtual Result<std::vector<std::string>> list(const std::string& folder) = 0;

  // Whether files can be written: found out before hours of work rather than after.
  virtual Result<void> check() = 0;

  [[nodiscard]] virtual OutputTraffic traffic() const = 0;
};

// `name`: a folder, made where it is missing, or s3://BUCKET/PREFIX?OPTIONS. `work`: a folder of this machine where
// files of a bucket lie while they are written or read. Errors: invalid_argument, internal.
Result<std::unique_ptr<Output>> open_output(const std::string& name, const std::filesystem::path& work);

}  // namespace vidi::features
