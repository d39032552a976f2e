#include "parquet_tables/table_reader.hpp"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vidi::parquet_tables {
namespace {

// Arrow's libraries report what is wrong with a file in two ways.
template <typename Read>
  requires std::is_same_v<std::invoke_result_t<Read>, arrow::Status>
Result<void> attempt(const std::string& path, Read read) {
  std::string why;
  try {
    const arrow::Status status = read();
    if (status.ok()) return {};
    why = status.message();
  } catch (const std::exception& error) {
    why = error.what();
  }
  return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read as Parquet: {}", path, why));
}

}  // namespace

Result<std::vector<std::string>> column_names(const std::filesystem::path& path) {
  std::vector<std::string> names;
  const auto read = [&]() -> arrow::Status {
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.OpenFile(path.string(), false));
    ARROW_ASSIGN_OR_RAISE(const auto file, builder.Build());
    std::shared_ptr<arrow::Schema> schema;
    ARROW_RETURN_NOT_OK(file->GetSchema(&schema));
    names = schema->field_names();
    return arrow::Status::OK();
  };
  if (auto done = attempt(path.string(), read); !done) return forward_error(done);
  return names;
}

struct TableReader::State {
  std::string path;
  std::shared_ptr<arrow::Schema> schema;
  std::unique_ptr<parquet::arrow::FileReader> file;
  std::unique_ptr<arrow::RecordBatchReader> batches;
  std::vector<std::optional<int>> columns;  // of the file, in the order of the schema; absent: it is missing

  arrow::Status open() {
    constexpr std::int64_t kRows = 4096;
    parquet::ReaderProperties properties = parquet::default_reader_properties();
    properties.set_page_checksum_verification(true);
    parquet::ArrowReaderProperties arrow_properties = parquet::default_arrow_reader_properties();
    arrow_properties.set_batch_size(kRows);
    arrow_properties.set_pre_buffer(false);
    arrow_properties.set_use_threads(false);
    parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.OpenFile(path, false, properties));
    ARROW_ASSIGN_OR_RAISE(file, builder.properties(arrow_properties)->Build());
    ARROW_ASSIGN_OR_RAISE(batches, file->GetRecordBatchReader());
    return arrow::Status::OK();
  }

  Result<void> match_columns(const std::set<std::string>& added) {
    const auto found = batches->schema();
    for (const auto& field : schema->fields()) {
      const int column = found->GetFieldIndex(field->name());
      if (added.contains(field->name()) && found->GetAllFieldIndices(field->name()).empty()) {
        columns.emplace_back();
        continue;
      }
      if (column < 0) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has no column \"{}\", or several: it must have {}", path, field->name(),
                                fmt::join(schema->field_names(), ", ")));
      }
      columns.emplace_back(column);
    }
    return {};
  }

  arrow::Status read(std::shared_ptr<arrow::RecordBatch>& rows) const {
    std::shared_ptr<arrow::RecordBatch> read;
    do {
      ARROW_RETURN_NOT_OK(batches->ReadNext(&read));
    } while (read && read->num_rows() == 0);
    if (!read) return arrow::Status::OK();
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto& type = schema->field(static_cast<int>(i))->type();
      if (!columns[i]) {
        ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), arrow::MakeArrayOfNull(type, read->num_rows()));
        continue;
      }
      std::shared_ptr<arrow::Array> array = read->column(*columns[i]);
      if (!array->type()->Equals(*type)) {
        ARROW_ASSIGN_OR_RAISE(array, arrow::compute::Cast(*array, type));
      }
      arrays.push_back(std::move(array));
    }
    rows = arrow::RecordBatch::Make(schema, read->num_rows(), std::move(arrays));
    return rows->Validate();
  }
};

TableReader::TableReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
TableReader::TableReader(TableReader&&) noexcept = default;
TableReader& TableReader::operator=(TableReader&&) noexcept = default;
TableReader::~TableReader() = default;

Result<TableReader> TableReader::open(const std::filesystem::path& path, std::shared_ptr<arrow::Schema> schema,
                                      const std::set<std::string>& added) {
  auto state = std::make_unique<State>();
  state->path = path.string();
  state->schema = std::move(schema);
  if (auto opened = attempt(state->path, [&] { return state->open(); }); !opened) return forward_error(opened);
  if (auto matched = state->match_columns(added); !matched) return forward_error(matched);
  return TableReader(std::move(state));
}

Result<std::shared_ptr<arrow::RecordBatch>> TableReader::next() {
  std::shared_ptr<arrow::RecordBatch> rows;
  auto read = attempt(state_->path, [&] { return state_->read(rows); });
  if (!read) return forward_error(read);
  return rows;
}

}  // namespace vidi::parquet_tables
