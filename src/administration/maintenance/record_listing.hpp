#pragma once
// Predictions as text on the standard output, or as a Parquet file.

#include <cstddef>
#include <string>

#include "records/record_store.hpp"

namespace vidi::maintenance {

struct Listing {
  records::Query query;   // its limit is set by the listing
  std::size_t most = 50;  // of the newest; SIZE_MAX: all
  std::string format;     // table, json, csv or parquet
  std::string file;       // of the format parquet
};

// Throws std::runtime_error when the store fails or the file cannot be written.
void list_records(records::RecordStore& store, const Listing& listing);

}  // namespace vidi::maintenance
