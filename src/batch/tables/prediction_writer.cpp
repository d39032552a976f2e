#include <arrow/builder.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table_builder.h>
#include <fmt/format.h>

#include <utility>

#include "records/packing/text.hpp"
#include "tables/prediction_schema.hpp"
#include "tables/predictions.hpp"
#include "tables/table_writer.hpp"

namespace vidi::tables {
namespace {

using records::Prediction;
using records::to_text;

// A row group ends when it has so many predictions, or they take so much memory.
constexpr std::size_t kGroupRows = 65'536;
constexpr std::size_t kGroupBytes = std::size_t{64} << 20U;

// About what the row takes: the texts and lists, which have no bound.
std::size_t size_of(const Prediction& prediction) {
  std::size_t size = 256 + prediction.filename.size() + prediction.safe_filename.size() + prediction.reason.size() +
                     prediction.user.size() + prediction.result.value_or("").size();
  for (const records::Candidate& candidate : prediction.candidates) size += 16 + candidate.label.size();
  for (const records::Digit& digit : prediction.digits) size += 32 + digit.label.size();
  if (prediction.correction) size += prediction.correction->label.size() + prediction.correction->user.size();
  return size;
}

// Rows of the table, one column beside the other.
class Rows {
 public:
  explicit Rows(std::unique_ptr<arrow::RecordBatchBuilder> columns) : columns_(std::move(columns)) {}

  arrow::Status add(const Prediction& prediction) {
    ARROW_RETURN_NOT_OK(text(Column::id, to_string(prediction.id)));
    ARROW_RETURN_NOT_OK(time(Column::time, prediction.time));
    ARROW_RETURN_NOT_OK(text(Column::model, to_text(prediction.model)));
    ARROW_RETURN_NOT_OK(text(Column::version, to_text(prediction.version)));
    ARROW_RETURN_NOT_OK(prediction.result ? text(Column::result, to_text(*prediction.result)) : none(Column::result));
    ARROW_RETURN_NOT_OK(text(Column::reason, to_text(prediction.reason)));
    ARROW_RETURN_NOT_OK(number(Column::confidence, prediction.confidence));
    ARROW_RETURN_NOT_OK(candidates(prediction.candidates));
    ARROW_RETURN_NOT_OK(digits(prediction.digits));
    ARROW_RETURN_NOT_OK(text(Column::filename, to_text(prediction.filename)));
    ARROW_RETURN_NOT_OK(text(Column::safe_filename, to_text(prediction.safe_filename)));
    ARROW_RETURN_NOT_OK(text(Column::user, to_text(prediction.user)));
    ARROW_RETURN_NOT_OK(prediction.image ? text(Column::image, to_string(*prediction.image)) : none(Column::image));
    ARROW_RETURN_NOT_OK(text(Column::media_type, to_text(prediction.media_type)));
    ARROW_RETURN_NOT_OK(number(Column::latency_ms, static_cast<double>(prediction.latency.count()) / 1000));
    return correction(prediction.correction);
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> take() { return columns_->Flush(); }

 private:
  template <typename Builder>
  Builder& of(Column column) {
    return *columns_->GetFieldAs<Builder>(static_cast<int>(column));
  }

  arrow::Status text(Column column, const std::string& value) { return of<arrow::StringBuilder>(column).Append(value); }
  arrow::Status number(Column column, double value) { return of<arrow::DoubleBuilder>(column).Append(value); }
  arrow::Status none(Column column) { return columns_->GetField(static_cast<int>(column))->AppendNull(); }
  arrow::Status time(Column column, Timestamp value) {
    return of<arrow::TimestampBuilder>(column).Append(value.time_since_epoch().count());
  }

  arrow::Status candidates(const std::vector<records::Candidate>& list) {
    auto& lists = of<arrow::ListBuilder>(Column::candidates);
    auto& items = static_cast<arrow::StructBuilder&>(*lists.value_builder());
    ARROW_RETURN_NOT_OK(lists.Append());
    for (const records::Candidate& candidate : list) {
      ARROW_RETURN_NOT_OK(items.Append());
      ARROW_RETURN_NOT_OK(labeled(items, candidate.label, candidate.probability));
    }
    return arrow::Status::OK();
  }

  arrow::Status digits(const std::vector<records::Digit>& list) {
    auto& lists = of<arrow::ListBuilder>(Column::digits);
    auto& items = static_cast<arrow::StructBuilder&>(*lists.value_builder());
    ARROW_RETURN_NOT_OK(lists.Append());
    for (const records::Digit& digit : list) {
      ARROW_RETURN_NOT_OK(items.Append());
      ARROW_RETURN_NOT_OK(labeled(items, digit.label, digit.probability));
      for (int i = 0; i < 4; ++i) {
        auto& side = static_cast<arrow::Int32Builder&>(*items.field_builder(2 + i));
        ARROW_RETURN_NOT_OK(side.Append(digit.box[static_cast<std::size_t>(i)]));
      }
    }
    return arrow::Status::OK();
  }

  static arrow::Status labeled(arrow::StructBuilder& items, const std::string& label, double probability) {
    ARROW_RETURN_NOT_OK(static_cast<arrow::StringBuilder&>(*items.field_builder(0)).Append(to_text(label)));
    return static_cast<arrow::DoubleBuilder&>(*items.field_builder(1)).Append(probability);
  }

  arrow::Status correction(const std::optional<records::Correction>& value) {
    if (!value) {
      for (const Column column : {Column::label, Column::label_user, Column::label_time}) {
        ARROW_RETURN_NOT_OK(none(column));
      }
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(text(Column::label, to_text(value->label)));
    ARROW_RETURN_NOT_OK(text(Column::label_user, to_text(value->user)));
    return time(Column::label_time, value->time);
  }

  std::unique_ptr<arrow::RecordBatchBuilder> columns_;
};

std::unexpected<Error> failure_of(const arrow::Status& status) {
  return fail(ErrorCode::internal, "the table cannot be written: " + status.message());
}

}  // namespace

struct PredictionWriter::State {
  TableWriter file;
  Rows rows;
  std::size_t count = 0;  // of the rows that are not yet in the file
  std::size_t bytes = 0;

  Result<void> write_group() {
    if (count == 0) return {};
    const auto group = rows.take();
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
  auto file = TableWriter::create(path, prediction_schema());
  if (!file) return forward_error(file);
  return PredictionWriter(std::make_unique<State>(std::move(*file), Rows(std::move(*columns))));
}

Result<void> PredictionWriter::add(const Prediction& prediction) {
  const arrow::Status status = state_->rows.add(prediction);
  if (!status.ok()) return failure_of(status);
  state_->bytes += size_of(prediction);
  if (++state_->count < kGroupRows && state_->bytes < kGroupBytes) return {};
  return state_->write_group();
}

Result<void> PredictionWriter::finish() {
  if (auto written = state_->write_group(); !written) return written;
  return state_->file.finish();
}

}  // namespace vidi::tables
