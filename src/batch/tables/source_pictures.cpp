#include "tables/source_pictures.hpp"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table_builder.h>
#include <arrow/type.h>

#include <utility>

#include "parquet_tables/table_reader.hpp"
#include "parquet_tables/table_writer.hpp"
#include "records/packing/text.hpp"

namespace vidi::tables {
namespace {

constexpr std::size_t kRowsAtOnce = 4096;

std::shared_ptr<arrow::Field> text_field(const char* name) { return arrow::field(name, arrow::utf8(), false); }

std::shared_ptr<arrow::Schema> pictures_schema() {
  return arrow::schema({arrow::field("sequence", arrow::int64(), false), text_field("image"), text_field("label"),
                        arrow::field("size", arrow::int64(), false), text_field("version"), text_field("reason"),
                        text_field("detail")});
}

std::shared_ptr<arrow::Schema> rejects_schema() {
  return arrow::schema({text_field("image"), text_field("reason"), text_field("detail")});
}

Result<void> result_of(const arrow::Status& status) {
  if (status.ok()) return {};
  return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
}

// PictureTable of texts and numbers, written in groups.
class PictureTable {
 public:
  static Result<PictureTable> create(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema) {
    auto columns = arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool());
    if (!columns.ok()) return std::unexpected(result_of(columns.status()).error());
    auto file = parquet_tables::TableWriter::create(path, schema);
    if (!file) return forward_error(file);
    return PictureTable(std::move(*file), std::move(*columns));
  }

  PictureTable& add(const std::string& text) {
    note(columns_->GetFieldAs<arrow::StringBuilder>(next_++)->Append(records::to_text(text)));
    return *this;
  }
  PictureTable& add(std::int64_t number) {
    note(columns_->GetFieldAs<arrow::Int64Builder>(next_++)->Append(number));
    return *this;
  }

  Result<void> end_row() {
    next_ = 0;
    if (!status_.ok()) return result_of(status_);
    return ++rows_ < kRowsAtOnce ? Result<void>() : write();
  }

  Result<void> finish() {
    if (auto written = write(); !written) return written;
    return file_.finish();
  }

 private:
  PictureTable(parquet_tables::TableWriter file, std::unique_ptr<arrow::RecordBatchBuilder> columns)
      : file_(std::move(file)), columns_(std::move(columns)) {}

  void note(const arrow::Status& status) { status_ &= status; }

  Result<void> write() {
    if (rows_ == 0) return {};
    rows_ = 0;
    const auto group = columns_->Flush();
    if (!group.ok()) return result_of(group.status());
    return file_.write(*group);
  }

  parquet_tables::TableWriter file_;
  std::unique_ptr<arrow::RecordBatchBuilder> columns_;
  arrow::Status status_;
  int next_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace

Result<void> write_source_pictures(const std::filesystem::path& path, const std::vector<SourcePicture>& pictures) {
  auto rows = PictureTable::create(path, pictures_schema());
  if (!rows) return forward_error(rows);
  for (const SourcePicture& picture : pictures) {
    rows->add(picture.sequence).add(picture.image).add(picture.label).add(picture.size);
    rows->add(picture.version).add(picture.reason).add(picture.detail);
    if (auto ended = rows->end_row(); !ended) return ended;
  }
  return rows->finish();
}

Result<std::vector<SourcePicture>> read_source_pictures(const std::filesystem::path& path) {
  auto file = parquet_tables::TableReader::open(path, pictures_schema());
  if (!file) return forward_error(file);
  std::vector<SourcePicture> pictures;
  while (true) {
    auto batch = file->next();
    if (!batch) return forward_error(batch);
    if (!*batch) return pictures;
    const auto number = [&](int column, std::int64_t row) {
      return static_cast<const arrow::Int64Array&>(*(*batch)->column(column)).Value(row);
    };
    const auto text = [&](int column, std::int64_t row) {
      return static_cast<const arrow::StringArray&>(*(*batch)->column(column)).GetString(row);
    };
    for (std::int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      pictures.push_back({.sequence = number(0, row),
                          .image = text(1, row),
                          .label = text(2, row),
                          .size = number(3, row),
                          .version = text(4, row),
                          .reason = text(5, row),
                          .detail = text(6, row)});
    }
  }
}

Result<void> write_rejects(const std::filesystem::path& path,
                           const std::function<Result<std::optional<SourcePicture>>()>& next) {
  auto rows = PictureTable::create(path, rejects_schema());
  if (!rows) return forward_error(rows);
  while (true) {
    auto picture = next();
    if (!picture) return forward_error(picture);
    if (!*picture) return rows->finish();
    rows->add((*picture)->image).add((*picture)->reason).add((*picture)->detail);
    if (auto ended = rows->end_row(); !ended) return ended;
  }
}

}  // namespace vidi::tables
