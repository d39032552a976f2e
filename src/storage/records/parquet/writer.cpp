#include <arrow/builder.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table_builder.h>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parquet_tables/table_writer.hpp"
#include "records/packing/text.hpp"
#include "records/parquet/predictions.hpp"
#include "records/parquet/schema.hpp"

namespace vidi::records::parquet {
namespace {

// A row group ends when it has so many predictions, or they take so much memory.
constexpr std::size_t kGroupRows = 65'536;
constexpr std::size_t kGroupBytes = std::size_t{64} << 20U;

// About what a value takes beyond the row's own size: texts and lists have no bound.
std::size_t size_of(const std::string& text) { return text.size(); }

std::size_t size_of(const Correction& correction) { return correction.label.size() + correction.user.size(); }

std::size_t size_of(const std::vector<Candidate>& candidates) {
  std::size_t size = 0;
  for (const Candidate& candidate : candidates) size += 16 + candidate.label.size();
  return size;
}

std::size_t size_of(const std::vector<Digit>& digits) {
  std::size_t size = 0;
  for (const Digit& digit : digits) size += 32 + digit.label.size();
  return size;
}

template <typename Value>
std::size_t size_of(const Value&) {
  return 0;
}

template <typename Value>
std::size_t size_of(const std::optional<Value>& value) {
  return value ? size_of(*value) : 0;
}

std::size_t size_of(const Prediction& prediction) {
  std::size_t size = 256;
  for_each_field(prediction, [&](const auto&, const auto& value) { size += size_of(value); });
  return size;
}

// Appends the values of a row to their columns, one after another, each by its type.
class Row {
 public:
  explicit Row(arrow::RecordBatchBuilder& columns) : columns_(columns) {}

  arrow::Status append(const std::string& value) { return next<arrow::StringBuilder>().Append(to_text(value)); }
  arrow::Status append(const Uuid& value) { return next<arrow::StringBuilder>().Append(to_string(value)); }
  arrow::Status append(const Digest& value) { return next<arrow::StringBuilder>().Append(to_string(value)); }
  arrow::Status append(double value) { return next<arrow::DoubleBuilder>().Append(value); }
  arrow::Status append(std::chrono::microseconds value) { return append(static_cast<double>(value.count()) / 1000); }
  arrow::Status append(Timestamp value) {
    return next<arrow::TimestampBuilder>().Append(value.time_since_epoch().count());
  }

  template <typename Value>
  arrow::Status append(const std::optional<Value>& value) {
    return value ? append(*value) : append_null();
  }

  arrow::Status append(const std::optional<Correction>& value) {
    if (!value) {
      for (int i = 0; i < 3; ++i) ARROW_RETURN_NOT_OK(append_null());
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(append(value->label));
    ARROW_RETURN_NOT_OK(append(value->user));
    return append(value->time);
  }

  arrow::Status append(const std::vector<Candidate>& list) {
    auto& lists = next<arrow::ListBuilder>();
    auto& items = static_cast<arrow::StructBuilder&>(*lists.value_builder());
    ARROW_RETURN_NOT_OK(lists.Append());
    for (const Candidate& candidate : list) {
      ARROW_RETURN_NOT_OK(items.Append());
      ARROW_RETURN_NOT_OK(append_labeled(items, candidate.label, candidate.probability));
    }
    return arrow::Status::OK();
  }

  arrow::Status append(const std::vector<Digit>& list) {
    auto& lists = next<arrow::ListBuilder>();
    auto& items = static_cast<arrow::StructBuilder&>(*lists.value_builder());
    ARROW_RETURN_NOT_OK(lists.Append());
    for (const Digit& digit : list) {
      ARROW_RETURN_NOT_OK(items.Append());
      ARROW_RETURN_NOT_OK(append_labeled(items, digit.label, digit.probability));
      for (int i = 0; i < 4; ++i) {
        auto& side = static_cast<arrow::Int32Builder&>(*items.field_builder(2 + i));
        ARROW_RETURN_NOT_OK(side.Append(digit.box[static_cast<std::size_t>(i)]));
      }
    }
    return arrow::Status::OK();
  }

 private:
  template <typename Builder>
  Builder& next() {
    return *columns_.GetFieldAs<Builder>(next_++);
  }

  arrow::Status append_null() { return columns_.GetField(next_++)->AppendNull(); }

  static arrow::Status append_labeled(arrow::StructBuilder& items, const std::string& label, double probability) {
    ARROW_RETURN_NOT_OK(static_cast<arrow::StringBuilder&>(*items.field_builder(0)).Append(to_text(label)));
    return static_cast<arrow::DoubleBuilder&>(*items.field_builder(1)).Append(probability);
  }

  arrow::RecordBatchBuilder& columns_;
  int next_ = 0;
};

arrow::Status append_row(arrow::RecordBatchBuilder& columns, const Prediction& prediction) {
  Row row(columns);
  arrow::Status status;
  for_each_field(prediction, [&](const auto&, const auto& value) {
    if (status.ok()) status = row.append(value);
  });
  return status;
}

std::unexpected<Error> failure_of(const arrow::Status& status) {
  return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
}

}  // namespace

struct PredictionWriter::State {
  parquet_tables::TableWriter file;
  std::unique_ptr<arrow::RecordBatchBuilder> columns;
  std::size_t count = 0;  // of the rows that are not yet in the file
  std::size_t bytes = 0;

  Result<void> write_group() {
    if (count == 0) return {};
    const auto group = columns->Flush();
    if (!group.ok()) return failure_of(group.status());
    count = 0;
    bytes = 0;
    return file.write(*group);
  }
};

PredictionWriter::PredictionWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
PredictionWriter::PredictionWriter(PredictionWriter&&) noexcept = default;
PredictionWriter& PredictionWriter::operator=(PredictionWriter&&) noexcept = default;
PredictionWriter::~PredictionWriter() = default;

Result<PredictionWriter> PredictionWriter::create(const std::filesystem::path& path) {
  auto columns = arrow::RecordBatchBuilder::Make(prediction_schema(), arrow::default_memory_pool());
  if (!columns.ok()) return failure_of(columns.status());
  auto file = parquet_tables::TableWriter::create(path, prediction_schema());
  if (!file) return forward_error(file);
  return PredictionWriter(std::make_unique<State>(std::move(*file), std::move(*columns)));
}

Result<void> PredictionWriter::add(const Prediction& prediction) {
  const arrow::Status status = append_row(*state_->columns, prediction);
  if (!status.ok()) return failure_of(status);
  state_->bytes += size_of(prediction);
  if (++state_->count < kGroupRows && state_->bytes < kGroupBytes) return {};
  return state_->write_group();
}

Result<void> PredictionWriter::finish() {
  if (auto written = state_->write_group(); !written) return written;
  return state_->file.finish();
}

}  // namespace vidi::records::parquet
