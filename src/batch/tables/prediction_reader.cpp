#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "records/packing/text.hpp"
#include "tables/prediction_schema.hpp"
#include "tables/predictions.hpp"
#include "tables/table_reader.hpp"

namespace vidi::tables {
namespace {

using records::Prediction;

// Takes the cells of one row. A cell that makes no sense makes why() not empty, and the rest of the row worthless.
class Row {
 public:
  Row(const arrow::RecordBatch& batch, std::int64_t row) : batch_(batch), row_(row) {}

  Prediction prediction() {
    Prediction prediction;
    prediction.id = parsed("id", parse_uuid(text(Column::id)));
    prediction.time = time(Column::time);
    prediction.model = text(Column::model);
    prediction.version = text(Column::version);
    if (is_given(Column::result)) prediction.result = text(Column::result);
    prediction.reason = text(Column::reason);
    prediction.confidence = number(Column::confidence);
    prediction.candidates = candidates();
    prediction.digits = digits();
    prediction.filename = text(Column::filename);
    prediction.safe_filename = text(Column::safe_filename);
    prediction.user = text(Column::user);
    if (is_given(Column::image)) prediction.image = parsed("image", parse_digest(text(Column::image)));
    prediction.media_type = text(Column::media_type);
    prediction.latency = latency();
    if (is_given(Column::label)) {
      prediction.correction = records::Correction{
          .label = text(Column::label), .user = text(Column::label_user), .time = time(Column::label_time)};
    }
    return prediction;
  }

  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  // The range of a list's items in the array of all lists' items.
  struct Range {
    std::int64_t first = 0;
    std::int64_t end = 0;
  };

  template <typename Array>
  const Array& of(Column column) const {
    return static_cast<const Array&>(*batch_.column(static_cast<int>(column)));
  }

  [[nodiscard]] bool is_given(Column column) const { return of<arrow::Array>(column).IsValid(row_); }

  template <typename Value>
  Value parsed(std::string_view name, std::optional<Value> value) {
    if (value) return *std::move(value);
    if (why_.empty()) why_ = fmt::format("its {} is none", name);
    return {};
  }

  std::string text_at(const arrow::Array& array, std::int64_t index) {
    if (array.IsNull(index)) return {};
    return parsed("text", records::from_text(static_cast<const arrow::StringArray&>(array).GetView(index)));
  }

  std::string text(Column column) { return text_at(of<arrow::Array>(column), row_); }

  static double number_at(const arrow::Array& array, std::int64_t index) {
    return array.IsNull(index) ? 0 : static_cast<const arrow::DoubleArray&>(array).Value(index);
  }

  [[nodiscard]] double number(Column column) const { return number_at(of<arrow::Array>(column), row_); }

  Timestamp time(Column column) {
    if (!is_given(column)) return parsed<Timestamp>("time", std::nullopt);
    return Timestamp(std::chrono::microseconds(of<arrow::TimestampArray>(column).Value(row_)));
  }

  std::chrono::microseconds latency() {
    const double microseconds = number(Column::latency_ms) * 1000;
    constexpr double kLongest = 9e18;
    if (!(std::abs(microseconds) < kLongest)) return parsed<std::chrono::microseconds>("latency_ms", std::nullopt);
    return std::chrono::microseconds(std::llround(microseconds));
  }

  [[nodiscard]] Range range_of(const arrow::ListArray& lists) const {
    if (lists.IsNull(row_)) return {};
    return {lists.value_offset(row_), lists.value_offset(row_ + 1)};
  }

  std::vector<records::Candidate> candidates() {
    const auto& lists = of<arrow::ListArray>(Column::candidates);
    const auto& items = static_cast<const arrow::StructArray&>(*lists.values());
    const auto [first, end] = range_of(lists);
    std::vector<records::Candidate> result;
    for (std::int64_t i = first; i < end; ++i) {
      result.push_back({.label = text_at(*items.field(0), i), .probability = number_at(*items.field(1), i)});
    }
    return result;
  }

  std::vector<records::Digit> digits() {
    const auto& lists = of<arrow::ListArray>(Column::digits);
    const auto& items = static_cast<const arrow::StructArray&>(*lists.values());
    const auto [first, end] = range_of(lists);
    std::vector<records::Digit> result;
    for (std::int64_t i = first; i < end; ++i) {
      records::Digit& digit = result.emplace_back();
      digit.label = text_at(*items.field(0), i);
      digit.probability = number_at(*items.field(1), i);
      for (int side = 0; side < 4; ++side) {
        const auto& values = static_cast<const arrow::Int32Array&>(*items.field(2 + side));
        if (values.IsValid(i)) digit.box[static_cast<std::size_t>(side)] = values.Value(i);
      }
    }
    return result;
  }

  const arrow::RecordBatch& batch_;
  const std::int64_t row_;
  std::string why_;
};

}  // namespace

struct PredictionReader::State {
  TableReader file;
  std::string path;
  std::size_t rows = 0;  // read before
};

PredictionReader::PredictionReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PredictionReader::PredictionReader(PredictionReader&&) noexcept = default;
PredictionReader& PredictionReader::operator=(PredictionReader&&) noexcept = default;
PredictionReader::~PredictionReader() = default;

Result<PredictionReader> PredictionReader::open(const std::filesystem::path& path) {
  auto file = TableReader::open(path, prediction_schema());
  if (!file) return forward_error(file);
  return PredictionReader(std::make_unique<State>(std::move(*file), path.string()));
}

Result<std::vector<Prediction>> PredictionReader::next() {
  const auto batch = state_->file.next();
  if (!batch) return forward_error(batch);
  std::vector<Prediction> predictions;
  if (!*batch) return predictions;
  for (std::int64_t i = 0; i < (*batch)->num_rows(); ++i) {
    Row row(**batch, i);
    predictions.push_back(row.prediction());
    ++state_->rows;
    if (!row.why().empty()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: row {} makes no sense: {}", state_->path, state_->rows, row.why()));
    }
  }
  return predictions;
}

}  // namespace vidi::tables
