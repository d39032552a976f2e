#pragma once
// The columns of a table of predictions; docs/reference/formats/prediction.md lists them. Internal to this module.

#include <memory>

namespace arrow {
class Schema;
}  // namespace arrow

namespace vidi::records::parquet {

// A column for each field of a prediction, in their order; three for its correction.
std::shared_ptr<arrow::Schema> prediction_schema();

}  // namespace vidi::records::parquet
