#pragma once
// Parquet files as tables of Apache Arrow. For modules that build Arrow tables: its own headers stay in .cpp files.

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace vidi::parquet_tables {

// Of the file, in its order. Error invalid_argument: no such file, or no Parquet.
Result<std::vector<std::string>> column_names(const std::filesystem::path& path);

// One thread at a time.
class TableReader {
 public:
  // The file must have the columns of `schema`, in any order and with others beside them; types that hold the same
  // values are taken too, as other programs write them. Those of `added`, which older files lack, are all null where
  // they are missing. Errors: invalid_argument (no such file, no Parquet, or another column is missing: the message
  // names it).
  static Result<TableReader> open(const std::filesystem::path& path, std::shared_ptr<arrow::Schema> schema,
                                  const std::set<std::string>& added = {});

  TableReader(TableReader&&) noexcept;
  TableReader& operator=(TableReader&&) noexcept;
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  ~TableReader();

  // Some rows, at least one, with exactly the columns of the schema. Null: that was all.
  // Errors: invalid_argument (the file is damaged, or a value does not fit its column's type).
  Result<std::shared_ptr<arrow::RecordBatch>> next();

 private:
  struct State;
  explicit TableReader(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vidi::parquet_tables
