#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parquet_tables/table_reader.hpp"
#include "records/packing/text.hpp"
#include "records/parquet/predictions.hpp"
#include "records/parquet/schema.hpp"

namespace vidi::records::parquet {
namespace {

// Takes the cells of one row, one after another, each by its type. A cell that makes no sense makes why() not empty,
// and the rest of the row worthless.
class Row {
 public:
  Row(const arrow::RecordBatch& batch, std::int64_t row) : batch_(batch), row_(row) {}

  void take(std::string_view, std::string& value) { value = text_at(next(), row_); }
  void take(std::string_view, double& value) { value = number_at(next(), row_); }
  void take(std::string_view name, Uuid& value) { value = parsed(name, parse_uuid(text_at(next(), row_))); }
  void take(std::string_view name, Digest& value) { value = parsed(name, parse_digest(text_at(next(), row_))); }

  void take(std::string_view name, Timestamp& value) {
    const arrow::Array& array = next();
    if (array.IsNull(row_)) {
      refuse(name);
    } else {
      value = Timestamp(std::chrono::microseconds(static_cast<const arrow::TimestampArray&>(array).Value(row_)));
    }
  }

  // In milliseconds.
  void take(std::string_view name, std::chrono::microseconds& value) {
    const double microseconds = number_at(next(), row_) * 1000;
    constexpr double kLongest = 9e18;
    if (!(std::abs(microseconds) < kLongest)) {
      refuse(name);
    } else {
      value = std::chrono::microseconds(std::llround(microseconds));
    }
  }

  template <typename Value>
  void take(std::string_view name, std::optional<Value>& value) {
    if (is_given()) {
      take(name, value.emplace());
    } else {
      ++next_;
    }
  }

  void take(std::string_view name, std::optional<Correction>& value) {
    if (!is_given()) {
      next_ += 3;
      return;
    }
    Correction& correction = value.emplace();
    take(name, correction.label);
    take(name, correction.user);
    take(fmt::format("{}_time", name), correction.time);
  }

  void take(std::string_view, std::vector<Candidate>& value) {
    const auto& lists = static_cast<const arrow::ListArray&>(next());
    const auto& items = static_cast<const arrow::StructArray&>(*lists.values());
    const auto [first, end] = range_of(lists);
    for (std::int64_t i = first; i < end; ++i) {
      value.push_back({.label = text_at(*items.field(0), i), .probability = number_at(*items.field(1), i)});
    }
  }

  void take(std::string_view, std::vector<Digit>& value) {
    const auto& lists = static_cast<const arrow::ListArray&>(next());
    const auto& items = static_cast<const arrow::StructArray&>(*lists.values());
    const auto [first, end] = range_of(lists);
    for (std::int64_t i = first; i < end; ++i) {
      Digit& digit = value.emplace_back();
      digit.label = text_at(*items.field(0), i);
      digit.probability = number_at(*items.field(1), i);
      for (int side = 0; side < 4; ++side) {
        const auto& values = static_cast<const arrow::Int32Array&>(*items.field(2 + side));
        if (values.IsValid(i)) digit.box[static_cast<std::size_t>(side)] = values.Value(i);
      }
    }
  }

  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  // The range of a list's items in the array of all lists' items.
  struct Range {
    std::int64_t first = 0;
    std::int64_t end = 0;
  };

  const arrow::Array& next() { return *batch_.column(next_++); }
  [[nodiscard]] bool is_given() const { return batch_.column(next_)->IsValid(row_); }

  void refuse(std::string_view name) {
    if (why_.empty()) why_ = fmt::format("its {} is none", name);
  }

  template <typename Value>
  Value parsed(std::string_view name, std::optional<Value> value) {
    if (value) return *std::move(value);
    refuse(name);
    return {};
  }

  std::string text_at(const arrow::Array& array, std::int64_t index) {
    if (array.IsNull(index)) return {};
    return parsed("text", from_text(static_cast<const arrow::StringArray&>(array).GetView(index)));
  }

  static double number_at(const arrow::Array& array, std::int64_t index) {
    return array.IsNull(index) ? 0 : static_cast<const arrow::DoubleArray&>(array).Value(index);
  }

  [[nodiscard]] Range range_of(const arrow::ListArray& lists) const {
    if (lists.IsNull(row_)) return {};
    return {lists.value_offset(row_), lists.value_offset(row_ + 1)};
  }

  const arrow::RecordBatch& batch_;
  const std::int64_t row_;
  int next_ = 0;  // column
  std::string why_;
};

// What tables of an older vidi lack.
std::set<std::string> added_columns() {
  std::set<std::string> names;
  for_each_field([&](const auto& field) {
    if (field.since > 1) names.emplace(field.name);
  });
  return names;
}

}  // namespace

struct PredictionReader::State {
  parquet_tables::TableReader file;
  std::string path;
  std::size_t rows = 0;  // read before
};

PredictionReader::PredictionReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
PredictionReader::PredictionReader(PredictionReader&&) noexcept = default;
PredictionReader& PredictionReader::operator=(PredictionReader&&) noexcept = default;
PredictionReader::~PredictionReader() = default;

Result<PredictionReader> PredictionReader::open(const std::filesystem::path& path) {
  auto file = parquet_tables::TableReader::open(path, prediction_schema(), added_columns());
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
    for_each_field(predictions.emplace_back(), [&](const auto& field, auto& value) { row.take(field.name, value); });
    ++state_->rows;
    if (!row.why().empty()) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: row {} makes no sense: {}", state_->path, state_->rows, row.why()));
    }
  }
  return predictions;
}

}  // namespace vidi::records::parquet
