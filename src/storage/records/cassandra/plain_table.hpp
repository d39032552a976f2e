#pragma once
// The plain table `demandtable (time text PRIMARY KEY, filename text, result text)` as it was filled before vidi: by
// hand, or by programs that record a row a request. Its rows become predictions that any store can hold.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cassandra/session.hpp"
#include "core/result.hpp"
#include "core/secrets.hpp"
#include "core/task.hpp"
#include "records/kind.hpp"
#include "records/prediction.hpp"

namespace vidi::records::cassandra {

// The model of such predictions; their version is the row's time as it was written.
inline constexpr std::string_view kPlainModel = "demandtable";

struct PlainRow {
  std::string time;  // the row's key
  std::string filename;
  std::string result;  // empty: there was none

  bool operator==(const PlainRow&) const = default;
};

// Whether the key is one that vidi writes (keys.hpp, demand_key()): the row has its prediction already.
bool is_key_of_vidi(std::string_view time);

// The same prediction, with the same identifier, whenever it is made of the same row. A time without an offset is UTC.
// The safe file name is left to the caller. Absent: the time cannot be read, or is before 1970.
std::optional<Prediction> prediction_of(const PlainRow& row);

// The row that such a prediction was made of, which may still be there. Absent: of any other prediction.
std::optional<PlainRow> row_of(const Prediction& prediction);

// Reads a table from its beginning to its end. One thread at a time.
class PlainTable {
 public:
  // `url` as for open_store(); what only the store knows is ignored. Nothing is made that is missing.
  // Errors: those of the session, invalid_argument (no such table; what is wrong with the address).
  static Task<Result<std::unique_ptr<PlainTable>>> open(std::string url, Secrets secrets);

  PlainTable(std::unique_ptr<vidi::cassandra::Session> session, vidi::cassandra::Statement select)
      : session_(std::move(session)), select_(select) {}

  // Some rows, in no order; none: that was all. The table must outlive the task. Errors: those of the session.
  Task<Result<std::vector<PlainRow>>> next();

 private:
  std::unique_ptr<vidi::cassandra::Session> session_;
  vidi::cassandra::Statement select_;
  Bytes from_;
  bool at_end_ = false;
};

// See Kind::foreign_rows.
ForeignReader read_foreign_rows(const std::string& url, const Secrets& secrets);

}  // namespace vidi::records::cassandra
