#pragma once
// The table of tallies. Like the index (index.hpp) it follows the rows: those of a slice are entered together, and who
// reads adds the rows that are not entered yet. docs/internals/formats/records.md describes it.

#include <cstdint>

#include "records/sqlite/connection.hpp"
#include "records/tally.hpp"

namespace vidi::records::sqlite {

// Keeps the table. Everything happens in the caller's transaction.
class TallyWriter {
 public:
  explicit TallyWriter(const Database& database);

  // Enters at most kSliceRows rows.
  Outcome<void> enter_slice();

  // How many rows are not entered.
  Outcome<std::int64_t> rows_to_enter();

  // Call take_out() before a row changes and put_back() afterwards. A row that has not been entered yet, or does not
  // exist, is left alone.
  Outcome<void> take_out(const Uuid& id) { return move(id, -1); }
  Outcome<void> put_back(const Uuid& id) { return move(id, 1); }

 private:
  Outcome<void> move(const Uuid& id, std::int64_t times);
  Outcome<void> add_to_table(const TallyKey& key, const Tally& change, std::int64_t times);

  Statement select_rows_;
  Statement select_entered_row_;
  Statement select_tally_;
  Statement insert_tally_;
  Statement delete_tally_;
  Statement set_tallied_;
  Statement count_tail_;
};

// Reads the table and the rows behind it. Everything happens in the caller's transaction.
class TallyReader {
 public:
  explicit TallyReader(const Database& database);

  Outcome<Tallies> read(const Hours& hours);

 private:
  Statement select_tallies_;
  Statement select_tail_;
};

}  // namespace vidi::records::sqlite
