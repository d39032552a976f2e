#include "tables/labels.hpp"

#include <arrow/array.h>
#include <arrow/csv/api.h>
#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "parquet_tables/table_reader.hpp"

namespace vidi::tables {
namespace {

std::shared_ptr<arrow::Schema> labels_schema() {
  return arrow::schema({arrow::field("image", arrow::utf8()), arrow::field("label", arrow::utf8())});
}

Result<void> take_rows(const arrow::RecordBatch& rows, const TakeLabel& take) {
  const auto& images = static_cast<const arrow::StringArray&>(*rows.column(0));
  const auto& labels = static_cast<const arrow::StringArray&>(*rows.column(1));
  for (std::int64_t i = 0; i < rows.num_rows(); ++i) {
    if (images.IsNull(i) || labels.IsNull(i)) continue;
    if (auto taken = take(images.GetString(i), labels.GetString(i)); !taken) return taken;
  }
  return {};
}

Result<void> read_parquet(const std::filesystem::path& path, const TakeLabel& take) {
  auto file = parquet_tables::TableReader::open(path, labels_schema());
  if (!file) return forward_error(file);
  while (true) {
    auto rows = file->next();
    if (!rows) return forward_error(rows);
    if (!*rows) return {};
    if (auto taken = take_rows(**rows, take); !taken) return taken;
  }
}

arrow::Result<std::shared_ptr<arrow::csv::StreamingReader>> open_csv(const std::filesystem::path& path) {
  ARROW_ASSIGN_OR_RAISE(auto file, arrow::io::ReadableFile::Open(path.string()));
  auto read = arrow::csv::ReadOptions::Defaults();
  read.use_threads = false;
  auto convert = arrow::csv::ConvertOptions::Defaults();
  convert.include_columns = {"image", "label"};
  convert.column_types = {{"image", arrow::utf8()}, {"label", arrow::utf8()}};
  return arrow::csv::StreamingReader::Make(arrow::io::default_io_context(), file, read,
                                           arrow::csv::ParseOptions::Defaults(), convert);
}

Result<void> read_csv(const std::filesystem::path& path, const TakeLabel& take) {
  const auto unreadable = [&](const arrow::Status& status) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} cannot be read as a table of labels, a CSV or Parquet file with the columns image and "
                            "label: {}",
                            path.string(), status.message()));
  };
  const auto reader = open_csv(path);
  if (!reader.ok()) return unreadable(reader.status());
  while (true) {
    std::shared_ptr<arrow::RecordBatch> rows;
    if (const arrow::Status read = (*reader)->ReadNext(&rows); !read.ok()) return unreadable(read);
    if (!rows) return {};
    if (auto taken = take_rows(*rows, take); !taken) return taken;
  }
}

}  // namespace

Result<void> read_labels(const std::filesystem::path& path, const TakeLabel& take) {
  return path.extension() == ".parquet" ? read_parquet(path, take) : read_csv(path, take);
}

}  // namespace vidi::tables
