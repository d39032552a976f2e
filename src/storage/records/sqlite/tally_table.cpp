#include "records/sqlite/tally_table.hpp"

#include <compare>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "records/packing/packing.hpp"
#include "records/sqlite/index.hpp"

namespace vidi::records::sqlite {
namespace {

constexpr std::int64_t kMicrosecondsPerHour = 3'600'000'000;

constexpr std::string_view kColumnsOfRow = "time, model, version, result, correction_label, latency, confidence";

std::string select_rows(std::string_view before, std::string_view after) {
  return "SELECT " + std::string(before) + std::string(kColumnsOfRow) + " FROM predictions WHERE " + std::string(after);
}

// Nothing and nothing in it are the same.
std::optional<std::string> text_if_any(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

std::string_view or_empty(const std::optional<std::string>& text) { return text ? std::string_view(*text) : ""; }

// A key whose texts are those of the row on which a statement stands: a row is found among tallies without a copy of
// it.
struct KeyOfRow {
  Hour hour;
  std::string_view model;
  std::string_view version;
  std::string_view result;
  std::string_view label;

  // `first`: the column of the time.
  KeyOfRow(const Statement& row, int first)
      : hour(std::chrono::floor<std::chrono::hours>(Timestamp(std::chrono::microseconds(row.integer(first))))),
        model(row.text(first + 1)),
        version(row.text(first + 2)),
        result(row.text(first + 3)),
        label(row.text(first + 4)) {}

  explicit KeyOfRow(const TallyKey& key)
      : hour(key.hour),
        model(key.model),
        version(key.version),
        result(or_empty(key.result)),
        label(or_empty(key.label)) {}

  [[nodiscard]] TallyKey copy() const {
    return {.hour = hour,
            .model = std::string(model),
            .version = std::string(version),
            .result = text_if_any(result),
            .label = text_if_any(label)};
  }

  auto operator<=>(const KeyOfRow&) const = default;
};

struct Before {
  using is_transparent = void;
  bool operator()(const TallyKey& a, const TallyKey& b) const { return a < b; }
  bool operator()(const KeyOfRow& a, const TallyKey& b) const { return a < KeyOfRow(b); }
  bool operator()(const TallyKey& a, const KeyOfRow& b) const { return KeyOfRow(a) < b; }
};

using Slice = std::map<TallyKey, Tally, Before>;

void add_row(Slice& slice, const Statement& row, int first) {
  const KeyOfRow key(row, first);
  auto found = slice.find(key);
  if (found == slice.end()) found = slice.try_emplace(key.copy()).first;
  add(found->second, std::chrono::microseconds(row.integer(first + 5)), row.real(first + 6));
}

// Columns from `first` on. False: it is damaged.
bool read_tally(const Statement& row, int first, Tally& tally) {
  auto latency = unpack_histogram(row.blob(first + 1));
  auto confidence = unpack_histogram(row.blob(first + 2));
  if (!latency || !confidence) return false;
  tally = {.predictions = row.integer(first), .latency = std::move(*latency), .confidence = std::move(*confidence)};
  return true;
}

void bind_key(Statement& statement, const TallyKey& key) {
  statement.bind(1, std::int64_t{key.hour.time_since_epoch().count()});
  statement.bind(2, std::string_view(key.model));
  statement.bind(3, std::string_view(key.version));
  statement.bind(4, or_empty(key.result));
  statement.bind(5, or_empty(key.label));
}

std::int64_t number_of(const std::optional<Hour>& hour, std::int64_t otherwise) {
  return hour ? std::int64_t{hour->time_since_epoch().count()} : otherwise;
}

}  // namespace

TallyWriter::TallyWriter(const Database& database)
    : select_rows_(database.prepare(
          select_rows("sequence, ", "sequence > (SELECT tallied_to FROM state) ORDER BY sequence LIMIT ?"))),
      select_entered_row_(database.prepare(select_rows("", "id = ? AND sequence <= (SELECT tallied_to FROM state)"))),
      select_tally_(
          database.prepare("SELECT predictions, latency, confidence FROM tallies WHERE hour = ? AND model = ? "
                           "AND version = ? AND result = ? AND label = ?")),
      insert_tally_(
          database.prepare("INSERT OR REPLACE INTO tallies (hour, model, version, result, label, predictions, "
                           "latency, confidence) VALUES (?,?,?,?,?,?,?,?)")),
      delete_tally_(database.prepare(
          "DELETE FROM tallies WHERE hour = ? AND model = ? AND version = ? AND result = ? AND label = ?")),
      set_tallied_(database.prepare("UPDATE state SET tallied_to = ?")),
      count_tail_(database.prepare("SELECT coalesce((SELECT max(sequence) FROM predictions), 0) - tallied_to "
                                   "FROM state")) {}

Outcome<void> TallyWriter::enter_slice() {
  Slice slice;
  std::int64_t last = 0;
  select_rows_.bind(1, kSliceRows);
  while (true) {
    const auto row = select_rows_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    last = select_rows_.integer(0);
    add_row(slice, select_rows_, 1);
  }
  select_rows_.reset();
  if (slice.empty()) return {};
  for (const auto& [key, tally] : slice) {
    if (auto added = add_to_table(key, tally, 1); !added) return added;
  }
  set_tallied_.bind(1, last);
  return set_tallied_.execute();
}

Outcome<std::int64_t> TallyWriter::rows_to_enter() {
  const auto row = count_tail_.step();
  if (!row) return forward_error(row);
  const std::int64_t rows = *row ? count_tail_.integer(0) : 0;
  count_tail_.reset();
  return rows;
}

Outcome<void> TallyWriter::move(const Uuid& id, std::int64_t times) {
  select_entered_row_.bind(1, id);
  const auto row = select_entered_row_.step();
  if (!row) return forward_error(row);
  if (!*row) {
    select_entered_row_.reset();
    return {};
  }
  Slice slice;
  add_row(slice, select_entered_row_, 0);
  select_entered_row_.reset();
  const auto& [key, tally] = *slice.begin();
  return add_to_table(key, tally, times);
}

Outcome<void> TallyWriter::add_to_table(const TallyKey& key, const Tally& change, std::int64_t times) {
  bind_key(select_tally_, key);
  const auto row = select_tally_.step();
  if (!row) return forward_error(row);
  Tally tally;
  const bool good = !*row || read_tally(select_tally_, 0, tally);
  select_tally_.reset();
  if (!good) return std::unexpected(SQLITE_CORRUPT);
  add(tally, change, times);
  if (tally.predictions == 0) {
    bind_key(delete_tally_, key);
    return delete_tally_.execute();
  }
  Bytes latency;
  Bytes confidence;
  pack(tally.latency, latency);
  pack(tally.confidence, confidence);
  bind_key(insert_tally_, key);
  insert_tally_.bind(6, tally.predictions);
  insert_tally_.bind(7, ByteView(latency));
  insert_tally_.bind(8, ByteView(confidence));
  return insert_tally_.execute();
}

TallyReader::TallyReader(const Database& database)
    : select_tallies_(database.prepare("SELECT hour, model, version, result, label, predictions, latency, confidence "
                                       "FROM tallies WHERE hour >= ?1 AND hour < ?2")),
      // The plus sign keeps SQLite on the short range of sequences.
      select_tail_(database.prepare(
          select_rows("", "sequence > (SELECT tallied_to FROM state) AND +time >= ?1 AND +time < ?2"))) {}

Outcome<Tallies> TallyReader::read(const Hours& hours) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max() / kMicrosecondsPerHour;
  const std::int64_t from = number_of(hours.from, -kLast);
  const std::int64_t to = number_of(hours.to, kLast);
  Tallies tallies;
  select_tallies_.bind(1, from);
  select_tallies_.bind(2, to);
  while (true) {
    const auto row = select_tallies_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    TallyKey key{.hour = Hour(std::chrono::hours(select_tallies_.integer(0))),
                 .model = std::string(select_tallies_.text(1)),
                 .version = std::string(select_tallies_.text(2)),
                 .result = text_if_any(select_tallies_.text(3)),
                 .label = text_if_any(select_tallies_.text(4))};
    // In the table's order, which is the map's.
    const auto at = tallies.try_emplace(tallies.end(), std::move(key));
    if (!read_tally(select_tallies_, 5, at->second)) {
      select_tallies_.reset();
      return std::unexpected(SQLITE_CORRUPT);
    }
  }
  select_tallies_.reset();

  Slice tail;
  select_tail_.bind(1, from * kMicrosecondsPerHour);
  select_tail_.bind(2, to * kMicrosecondsPerHour);
  while (true) {
    const auto row = select_tail_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    add_row(tail, select_tail_, 0);
  }
  select_tail_.reset();
  for (const auto& [key, tally] : tail) add(tallies[key], tally);
  return tallies;
}

}  // namespace vidi::records::sqlite
