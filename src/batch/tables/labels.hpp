#pragma once
// Tables that say the labels of pictures, as other programs write them.

#include <filesystem>
#include <functional>
#include <string>

#include "core/result.hpp"

namespace vidi::tables {

// Calls take(image, label) for every row of a CSV file (with a heading) or a Parquet file, which has the columns
// `image` and `label` among others. Only a part of it is in memory at a time. Errors: those of `take`; invalid_argument
// (it cannot be read, or a column is missing).
using TakeLabel = std::function<Result<void>(const std::string& image, const std::string& label)>;
Result<void> read_labels(const std::filesystem::path& path, const TakeLabel& take);

}  // namespace vidi::tables
