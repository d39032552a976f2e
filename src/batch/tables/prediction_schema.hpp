#pragma once
// The columns of a table of predictions; docs/reference/formats/tables.md describes them. Internal to this module.

#include <memory>

namespace arrow {
class Schema;
}  // namespace arrow

namespace vidi::tables {

// In this order. Their positions in the schema.
enum class Column {
  id,
  time,
  model,
  version,
  result,
  reason,
  confidence,
  candidates,
  digits,
  filename,
  safe_filename,
  user,
  image,
  media_type,
  latency_ms,
  label,
  label_user,
  label_time,
};

std::shared_ptr<arrow::Schema> prediction_schema();

}  // namespace vidi::tables
