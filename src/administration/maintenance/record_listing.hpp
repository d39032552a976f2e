#pragma once
// Predictions as text, or as a Parquet file. Thread-safe.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "records/record_store.hpp"

namespace vidi::maintenance {

struct Listing {
  records::Query query;   // its limit is set by the listing
  std::size_t most = 50;  // of the newest; SIZE_MAX: all
  std::string format;     // table, json, csv or parquet
  std::string file;       // of the format parquet
};

// Takes whole lines, with their ends.
using WriteText = std::function<void(std::string_view text)>;

// Calls `write` with a heading and each prediction; of the format parquet, with what the file holds. Throws
// std::runtime_error when the store fails or the file cannot be written.
void list_records(records::RecordStore& store, const Listing& listing, const WriteText& write);

}  // namespace vidi::maintenance
