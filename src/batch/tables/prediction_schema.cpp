#include "tables/prediction_schema.hpp"

#include <arrow/type.h>

namespace vidi::tables {

std::shared_ptr<arrow::Schema> prediction_schema() {
  const auto& text = arrow::utf8();
  const auto& number = arrow::float64();
  const auto& pixels = arrow::int32();
  const auto time = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto label = arrow::field("label", text);
  const auto probability = arrow::field("probability", number);
  const auto candidates = arrow::list(arrow::struct_({label, probability}));
  const auto digits =
      arrow::list(arrow::struct_({label, probability, arrow::field("x", pixels), arrow::field("y", pixels),
                                  arrow::field("width", pixels), arrow::field("height", pixels)}));
  return arrow::schema({
      arrow::field("id", text),
      arrow::field("time", time),
      arrow::field("model", text),
      arrow::field("version", text),
      arrow::field("result", text),
      arrow::field("reason", text),
      arrow::field("confidence", number),
      arrow::field("candidates", candidates),
      arrow::field("digits", digits),
      arrow::field("filename", text),
      arrow::field("safe_filename", text),
      arrow::field("user", text),
      arrow::field("image", text),
      arrow::field("media_type", text),
      arrow::field("latency_ms", number),
      arrow::field("label", text),
      arrow::field("label_user", text),
      arrow::field("label_time", time),
  });
}

}  // namespace vidi::tables
