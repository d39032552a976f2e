#include "tables/features.hpp"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "parquet_tables/table_reader.hpp"
#include "parquet_tables/table_writer.hpp"
#include "records/packing/text.hpp"

namespace vidi::tables {
namespace {

std::shared_ptr<arrow::Schema> feature_schema(std::string_view name, const std::shared_ptr<arrow::DataType>& values,
                                              bool has_variants) {
  arrow::FieldVector fields{arrow::field("image", arrow::utf8(), false), arrow::field("label", arrow::utf8(), false)};
  if (has_variants) fields.push_back(arrow::field("variant", arrow::int32(), false));
  fields.push_back(arrow::field(std::string(name), values, false));
  return arrow::schema(fields);
}

arrow::Status append_texts(const std::vector<std::string>& texts, std::vector<std::shared_ptr<arrow::Array>>& columns) {
  arrow::StringBuilder builder;
  for (const std::string& text : texts) ARROW_RETURN_NOT_OK(builder.Append(records::to_text(text)));
  return builder.Finish(&columns.emplace_back());
}

// Borrows the numbers: the rows must outlive the batch.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> batch_of(const FeatureRows& rows,
                                                            const std::shared_ptr<arrow::Schema>& schema) {
  const auto count = static_cast<std::int64_t>(rows.rows());
  std::vector<std::shared_ptr<arrow::Array>> columns;
  ARROW_RETURN_NOT_OK(append_texts(rows.images, columns));
  ARROW_RETURN_NOT_OK(append_texts(rows.labels, columns));
  if (schema->num_fields() == 4) {
    columns.push_back(std::make_shared<arrow::Int32Array>(count, arrow::Buffer::Wrap(rows.variants)));
  }
  const auto values = std::make_shared<arrow::FloatArray>(static_cast<std::int64_t>(rows.values.size()),
                                                          arrow::Buffer::Wrap(rows.values));
  columns.push_back(std::make_shared<arrow::FixedSizeListArray>(schema->fields().back()->type(), count, values));
  return arrow::RecordBatch::Make(schema, count, std::move(columns));
}

void copy_texts(const arrow::Array& array, std::vector<std::string>& texts) {
  const auto& strings = static_cast<const arrow::StringArray&>(array);
  texts.reserve(static_cast<std::size_t>(strings.length()));
  for (std::int64_t i = 0; i < strings.length(); ++i) texts.emplace_back(strings.GetView(i));
}

}  // namespace

struct FeatureWriter::State {
  parquet_tables::TableWriter file;
  std::shared_ptr<arrow::Schema> schema;
};

FeatureWriter::FeatureWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
FeatureWriter::FeatureWriter(FeatureWriter&&) noexcept = default;
FeatureWriter& FeatureWriter::operator=(FeatureWriter&&) noexcept = default;
FeatureWriter::~FeatureWriter() = default;

Result<FeatureWriter> FeatureWriter::create(const std::filesystem::path& path, const Options& options) {
  const auto values = arrow::fixed_size_list(arrow::field("element", arrow::float32(), false),
                                             static_cast<std::int32_t>(options.columns));
  auto schema = feature_schema(options.name, values, options.has_variants);
  auto file = parquet_tables::TableWriter::create(
      path, schema, {.compressed_already = {fmt::format("{}.list.element", options.name)}});
  if (!file) return forward_error(file);
  return FeatureWriter(std::make_unique<State>(std::move(*file), std::move(schema)));
}

Result<void> FeatureWriter::add(const FeatureRows& rows) {
  const auto batch = batch_of(rows, state_->schema);
  if (!batch.ok()) return fail(ErrorCode::internal, "the table cannot be written: " + batch.status().message());
  return state_->file.write(*batch);
}

Result<void> FeatureWriter::finish() { return state_->file.finish(); }

struct FeatureReader::State {
  std::string path;
  parquet_tables::TableReader file;
  bool has_variants = false;
};

FeatureReader::FeatureReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FeatureReader::FeatureReader(FeatureReader&&) noexcept = default;
FeatureReader& FeatureReader::operator=(FeatureReader&&) noexcept = default;
FeatureReader::~FeatureReader() = default;

Result<FeatureReader> FeatureReader::open(const std::filesystem::path& path, std::string_view name) {
  const auto names = parquet_tables::column_names(path);
  if (!names) return forward_error(names);
  const bool has_variants = std::ranges::find(*names, "variant") != names->end();
  auto file =
      parquet_tables::TableReader::open(path, feature_schema(name, arrow::list(arrow::float32()), has_variants));
  if (!file) return forward_error(file);
  return FeatureReader(std::make_unique<State>(path.string(), std::move(*file), has_variants));
}

Result<FeatureRows> FeatureReader::next() {
  auto batch = state_->file.next();
  if (!batch) return forward_error(batch);
  FeatureRows rows;
  if (!*batch) return rows;
  for (const auto& column : (*batch)->columns()) {
    if (column->null_count() == 0) continue;
    return fail(ErrorCode::invalid_argument, fmt::format("{} has a row with nothing in a column", state_->path));
  }
  copy_texts(*(*batch)->column(0), rows.images);
  copy_texts(*(*batch)->column(1), rows.labels);
  if (state_->has_variants) {
    const auto& variants = static_cast<const arrow::Int32Array&>(*(*batch)->column(2));
    rows.variants.assign(variants.raw_values(), variants.raw_values() + variants.length());
  }
  const auto& lists = static_cast<const arrow::ListArray&>(*(*batch)->columns().back());
  rows.columns = static_cast<std::size_t>(lists.value_length(0));
  for (std::int64_t i = 1; i < lists.length(); ++i) {
    if (lists.value_length(i) == lists.value_length(0)) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has rows of {} numbers and of {}", state_->path, rows.columns, lists.value_length(i)));
  }
  const auto& values = static_cast<const arrow::FloatArray&>(*lists.values());
  const float* const first = values.raw_values() + lists.value_offset(0);
  rows.values.assign(first, first + rows.rows() * rows.columns);
  return rows;
}

Result<std::vector<std::filesystem::path>> list_parts(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> parts;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with("part-") && name.ends_with(".parquet")) parts.push_back(entry->path());
  }
  if (parts.empty()) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} holds no part-*.parquet", folder.string()));
  }
  std::ranges::sort(parts);
  return parts;
}

std::string part_name(std::size_t number) { return fmt::format("part-{:05}.parquet", number); }

}  // namespace vidi::tables
