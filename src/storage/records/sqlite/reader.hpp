#pragma once
// Finds predictions, on a connection of its own. Used by one thread at a time.

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "records/query_range.hpp"
#include "records/record_store.hpp"
#include "records/sqlite/connection.hpp"
#include "records/sqlite/tally_table.hpp"

namespace vidi::records::sqlite {

class Reader {
 public:
  // Throws std::runtime_error when the file cannot be opened. The schema must be there.
  explicit Reader(const std::string& path);

  Result<std::optional<Prediction>> find(const Uuid& id);
  Result<Page> list(const Query& query);
  Result<Tallies> tally(const Hours& hours);

 private:
  // The newest of several lists of identifiers, each newest first: at most `limit`, no identifier twice.
  class Newest;

  Outcome<void> fill(const Query& query, IdRange range, std::vector<Prediction>& found);
  Outcome<void> fill_in_order(const IdRange& range, std::size_t limit, std::vector<Prediction>& found);
  Outcome<void> fill_from_index(const Query& query, IdRange range, std::vector<Prediction>& found);
  Outcome<std::vector<std::int64_t>> keys_of(const Query& query);
  Outcome<void> gather_tail(const Query& query, const IdRange& range, Newest& newest);
  Outcome<void> gather_straddling(std::int64_t key, const IdRange& range, Newest& newest);
  Outcome<void> gather_listed(std::int64_t key, const IdRange& range, Newest& newest);
  Outcome<std::optional<Prediction>> row(const Uuid& id);

  Database database_;
  Statement begin_;
  Statement end_;
  Statement select_by_id_;
  Statement select_range_;
  Statement select_models_;
  Statement select_tail_;
  Statement select_straddling_;
  Statement select_listed_;
  TallyReader tallies_;
};

}  // namespace vidi::records::sqlite
