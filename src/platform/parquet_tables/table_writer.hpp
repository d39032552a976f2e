#pragma once
// Tables of Apache Arrow as Parquet files. For modules that build Arrow tables: its own headers stay in .cpp files.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace vidi::parquet_tables {

struct TableWriterOptions {
  std::vector<std::string> compressed_already;  // columns that packing would only slow down
};

// A file that is there as a whole, durable, once finish() has returned, and not at all before. One thread at a time.
class TableWriter {
 public:
  // Errors: internal (the folder is missing or cannot be written, the disk is full).
  static Result<TableWriter> create(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                                    const TableWriterOptions& options = {});

  TableWriter(TableWriter&&) noexcept;
  TableWriter& operator=(TableWriter&&) noexcept;
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;
  // What was not finished is removed.
  ~TableWriter();

  // As a row group of its own. Errors: internal (the disk is full or broken).
  Result<void> write(const std::shared_ptr<arrow::RecordBatch>& rows);

  // Errors: as write().
  Result<void> finish();

 private:
  struct State;
  explicit TableWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vidi::parquet_tables
