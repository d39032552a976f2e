#pragma once
// Predictions from elsewhere into a record store.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/secrets.hpp"
#include "records/record_store.hpp"

namespace vidi::maintenance {

// Some predictions at a time; none: that was all. Throws std::runtime_error when they cannot be read.
using PredictionSource = std::function<std::vector<records::Prediction>()>;

// Each throws std::runtime_error when there is nothing of that kind. Nothing is made that is missing.
PredictionSource read_file(const std::string& path);
PredictionSource read_store(const std::string& url, const Secrets& secrets);

// What became of the rows of a plain table (records::Kind::foreign_rows) that are not imported.
struct PlainTableCounts {
  std::size_t of_vidi = 0;                                               // they have their predictions
  std::size_t unreadable = 0;                                            // of their times
  std::function<void(const std::string& time)> on_unreadable = nullptr;  // is told each such time as it stands there
};

// `counts` must outlive the source.
PredictionSource read_plain_table(const std::string& url, const Secrets& secrets, PlainTableCounts& counts);

// The URLs of stores that have one, for help and errors.
std::string plain_tables();

struct ImportCounts {
  std::size_t read = 0;
  std::size_t added = 0;
  std::size_t corrected = 0;  // were there, with an older correction or none
  std::size_t present = 0;    // were there, as they are
};

// Puts into the store what it does not have yet. What was put before an error stays there: the same import goes on.
// Throws std::runtime_error.
ImportCounts import_predictions(const PredictionSource& source, records::RecordStore& store);

}  // namespace vidi::maintenance
