#include "tables/feature_statistics.hpp"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "parquet_tables/table_reader.hpp"
#include "parquet_tables/table_writer.hpp"

namespace vidi::tables {
namespace {

std::shared_ptr<arrow::Schema> scaler_schema() {
  return arrow::schema({arrow::field("column", arrow::int32(), false), arrow::field("mean", arrow::float64(), false),
                        arrow::field("deviation", arrow::float64(), false)});
}

std::shared_ptr<arrow::Schema> pca_schema(const std::shared_ptr<arrow::DataType>& loadings) {
  return arrow::schema(
      {arrow::field("component", arrow::int32(), false), arrow::field("explained_variance", arrow::float64(), false),
       arrow::field("explained_variance_ratio", arrow::float64(), false), arrow::field("loadings", loadings, false)});
}

// Borrow what they are made of.
std::shared_ptr<arrow::Array> array_of(std::span<const double> values) {
  const auto buffer = std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(values.data()),
                                                      static_cast<std::int64_t>(values.size_bytes()));
  return std::make_shared<arrow::DoubleArray>(static_cast<std::int64_t>(values.size()), buffer);
}

std::shared_ptr<arrow::Array> array_of(const std::vector<std::int32_t>& values) {
  return std::make_shared<arrow::Int32Array>(static_cast<std::int64_t>(values.size()), arrow::Buffer::Wrap(values));
}

std::vector<std::int32_t> counted(std::size_t count) {
  std::vector<std::int32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

Result<void> write_table(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema,
                         std::size_t rows, std::vector<std::shared_ptr<arrow::Array>> columns) {
  auto file = parquet_tables::TableWriter::create(path, schema, {.compressed_already = {"loadings.list.element"}});
  if (!file) return forward_error(file);
  const auto count = static_cast<std::int64_t>(rows);
  if (auto written = file->write(arrow::RecordBatch::Make(schema, count, std::move(columns))); !written) return written;
  return file->finish();
}

std::span<const double> doubles(const arrow::Array& array) {
  const auto& values = static_cast<const arrow::DoubleArray&>(array);
  return {values.raw_values(), static_cast<std::size_t>(values.length())};
}

void append(std::span<const double> values, std::vector<double>& target) {
  target.insert(target.end(), values.begin(), values.end());
}

// Row numbers must count from 0: other programs may have written the rows in another order.
Result<void> check_order(const std::filesystem::path& path, const arrow::Array& numbers, std::size_t expected) {
  const auto& values = static_cast<const arrow::Int32Array&>(numbers);
  for (std::int64_t i = 0; i < values.length(); ++i, ++expected) {
    if (values.IsValid(i) && static_cast<std::size_t>(values.Value(i)) == expected) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("row {} of {} is not number {}", expected, path.string(), expected));
  }
  return {};
}

// Calls take(batch) for every batch, whose first column counts the rows.
template <typename Take>
  requires std::is_invocable_v<Take, const arrow::RecordBatch&>
Result<void> read_table(const std::filesystem::path& path, const std::shared_ptr<arrow::Schema>& schema, Take take) {
  auto file = parquet_tables::TableReader::open(path, schema);
  if (!file) return forward_error(file);
  std::size_t rows = 0;
  while (true) {
    auto batch = file->next();
    if (!batch) return forward_error(batch);
    if (!*batch) return {};
    if (auto ordered = check_order(path, *(*batch)->column(0), rows); !ordered) return ordered;
    rows += static_cast<std::size_t>((*batch)->num_rows());
    take(**batch);
  }
}

}  // namespace

Result<void> write_scaler(const std::filesystem::path& path, const statistics::StandardScaler& scaler) {
  const auto numbers = counted(scaler.columns());
  return write_table(path, scaler_schema(), scaler.columns(),
                     {array_of(numbers), array_of(scaler.means()), array_of(scaler.deviations())});
}

Result<void> write_pca(const std::filesystem::path& path, const statistics::Pca& pca) {
  const auto numbers = counted(pca.count());
  const auto type = arrow::fixed_size_list(arrow::field("element", arrow::float64(), false),
                                           static_cast<std::int32_t>(pca.columns()));
  const auto loadings = std::make_shared<arrow::FixedSizeListArray>(type, static_cast<std::int64_t>(pca.count()),
                                                                    array_of(pca.components()));
  return write_table(
      path, pca_schema(type), pca.count(),
      {array_of(numbers), array_of(pca.explained_variance()), array_of(pca.explained_variance_ratio()), loadings});
}

Result<statistics::StandardScaler> read_scaler(const std::filesystem::path& path) {
  std::vector<double> means;
  std::vector<double> deviations;
  const auto read = read_table(path, scaler_schema(), [&](const arrow::RecordBatch& batch) {
    append(doubles(*batch.column(1)), means);
    append(doubles(*batch.column(2)), deviations);
  });
  if (!read) return forward_error(read);
  return statistics::StandardScaler::from(std::move(means), std::move(deviations), {});
}

Result<statistics::Pca> read_pca(const std::filesystem::path& path) {
  statistics::Pca::Parts parts;
  const auto read = read_table(path, pca_schema(arrow::list(arrow::float64())), [&](const arrow::RecordBatch& batch) {
    append(doubles(*batch.column(1)), parts.explained_variance);
    append(doubles(*batch.column(2)), parts.explained_variance_ratio);
    const auto& lists = static_cast<const arrow::ListArray&>(*batch.column(3));
    for (std::int64_t i = 0; i < lists.length(); ++i) append(doubles(*lists.value_slice(i)), parts.components);
  });
  if (!read) return forward_error(read);
  const std::size_t count = parts.explained_variance.size();
  parts.means.resize(count == 0 ? 0 : parts.components.size() / count);
  return statistics::Pca::from(std::move(parts));
}

}  // namespace vidi::tables
