#include "records/parquet/schema.hpp"

#include <arrow/type.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "records/prediction.hpp"

namespace vidi::records::parquet {
namespace {

using Fields = arrow::FieldVector;

Fields labeled() { return {arrow::field("label", arrow::utf8()), arrow::field("probability", arrow::float64())}; }

// The type of a column by the type of its values. Texts, identifiers and digests are text.
template <typename Value>
struct Column {
  static std::shared_ptr<arrow::DataType> type() { return arrow::utf8(); }
};

template <>
struct Column<double> {
  static std::shared_ptr<arrow::DataType> type() { return arrow::float64(); }
};

template <>
struct Column<std::chrono::microseconds> {
  static std::shared_ptr<arrow::DataType> type() { return arrow::float64(); }
};

template <>
struct Column<Timestamp> {
  static std::shared_ptr<arrow::DataType> type() { return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"); }
};

template <>
struct Column<std::vector<Candidate>> {
  static std::shared_ptr<arrow::DataType> type() { return arrow::list(arrow::struct_(labeled())); }
};

template <>
struct Column<std::vector<Digit>> {
  static std::shared_ptr<arrow::DataType> type() {
    Fields fields = labeled();
    for (const char* side : {"x", "y", "width", "height"}) fields.push_back(arrow::field(side, arrow::int32()));
    return arrow::list(arrow::struct_(fields));
  }
};

void add(Fields& columns, std::string name, std::shared_ptr<arrow::DataType> type) {
  columns.push_back(arrow::field(std::move(name), std::move(type)));
}

}  // namespace

std::shared_ptr<arrow::Schema> prediction_schema() {
  Fields columns;
  for_each_field([&]<typename Value>(const Field<Value>& field) {
    const std::string name(field.name);
    if constexpr (std::same_as<Value, std::optional<Correction>>) {
      add(columns, name, Column<std::string>::type());
      add(columns, name + "_user", Column<std::string>::type());
      add(columns, name + "_time", Column<Timestamp>::type());
    } else {
      add(columns, name, Column<Value>::type());
    }
  });
  return arrow::schema(std::move(columns));
}

}  // namespace vidi::records::parquet
