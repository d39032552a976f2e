#include "records/sqlite/reader.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "records/sqlite/index.hpp"
#include "records/sqlite/row.hpp"
#include "records/sqlite/schema.hpp"

namespace vidi::records::sqlite {
namespace {

// After every identifier in the order of blobs.
constexpr std::array<std::byte, 17> kAfterAll = [] {
  std::array<std::byte, 17> bytes{};
  bytes.fill(std::byte{0xff});
  return bytes;
}();

void bind_range(Statement& statement, int first, const IdRange& range) {
  statement.bind(first, ByteView(range.first.bytes));
  statement.bind(first + 1, range.end ? ByteView(range.end->bytes) : ByteView(kAfterAll));
}

void bind_optional(Statement& statement, int parameter, const std::optional<std::string>& text) {
  if (text) {
    statement.bind(parameter, std::string_view(*text));
  } else {
    statement.bind_null(parameter);
  }
}

Database open_for_reading(const std::string& path) {
  Database database(path);
  prepare_for_reading(database, path);
  return database;
}

}  // namespace

class Reader::Newest {
 public:
  explicit Newest(std::size_t limit) : limit_(limit) {}

  void add(const Uuid& id) { ids_.push_back(id); }

  // Keeps the newest; to be called after a list has been added.
  void cut() {
    std::ranges::sort(ids_, std::greater<>());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    if (ids_.size() > limit_) ids_.resize(limit_);
  }

  // Whether identifiers of a list that begins with `newest` can still be among the newest.
  [[nodiscard]] bool may_take(const Uuid& newest) const { return ids_.size() < limit_ || newest > ids_.back(); }

  [[nodiscard]] bool full() const { return ids_.size() == limit_; }
  [[nodiscard]] const std::vector<Uuid>& ids() const { return ids_; }

 private:
  std::size_t limit_;
  std::vector<Uuid> ids_;
};

Reader::Reader(const std::string& path)
    : database_(open_for_reading(path)),
      begin_(database_.prepare("BEGIN")),
      end_(database_.prepare("COMMIT")),
      select_by_id_(database_.prepare(select_by_id_statement())),
      select_range_(database_.prepare(select_range_statement())),
      select_models_(database_.prepare("SELECT name FROM models UNION SELECT model FROM predictions "
                                       "WHERE sequence > (SELECT indexed_to FROM state)")),
      // The plus signs keep SQLite on the short range of sequences.
      select_tail_(database_.prepare("SELECT id FROM predictions WHERE sequence > (SELECT indexed_to FROM state) "
                                     "AND +id >= ?1 AND +id < ?2 AND (?3 IS NULL OR user = ?3) "
                                     "AND (?4 IS NULL OR model = ?4) AND (?5 IS NULL OR coalesce(result, '') = ?5)")),
      select_straddling_(database_.prepare("SELECT ids FROM postings WHERE key = ?1 AND newest >= ?2 AND oldest < ?2")),
      select_listed_(database_.prepare("SELECT newest, ids FROM postings WHERE key = ?1 AND newest >= ?2 "
                                       "AND newest < ?3 ORDER BY newest DESC")),
      tallies_(database_) {}

Result<std::optional<Prediction>> Reader::find(const Uuid& id) {
  auto found = row(id);
  if (!found) return std::unexpected(explain(found.error()));
  return std::move(*found);
}

Result<Page> Reader::list(const Query& query) {
  const auto range = id_range(query);
  if (!range) return forward_error(range);
  // One transaction: every statement sees the same state of the file.
  if (const auto begun = begin_.execute(); !begun) return std::unexpected(explain(begun.error()));
  Page page;
  const auto filled = fill(query, *range, page.predictions);
  const auto ended = end_.execute();
  if (!filled) return std::unexpected(explain(filled.error()));
  if (!ended) return std::unexpected(explain(ended.error()));
  if (page.predictions.size() > query.limit) {
    page.predictions.resize(query.limit);
    page.next = to_string(page.predictions.back().id);
  }
  return page;
}

Result<Tallies> Reader::tally(const Hours& hours) {
  if (const auto begun = begin_.execute(); !begun) return std::unexpected(explain(begun.error()));
  auto tallies = tallies_.read(hours);
  const auto ended = end_.execute();
  if (!tallies) return std::unexpected(explain(tallies.error()));
  if (!ended) return std::unexpected(explain(ended.error()));
  return std::move(*tallies);
}

// One more than the page holds tells whether there is a next one.
Outcome<void> Reader::fill(const Query& query, IdRange range, std::vector<Prediction>& found) {
  if (query.user || query.model || query.result) return fill_from_index(query, range, found);
  return fill_in_order(range, query.limit + 1, found);
}

Outcome<void> Reader::fill_in_order(const IdRange& range, std::size_t limit, std::vector<Prediction>& found) {
  bind_range(select_range_, 1, range);
  select_range_.bind(3, static_cast<std::int64_t>(limit));
  while (true) {
    const auto row = select_range_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    auto prediction = read_row(select_range_);
    if (!prediction) {
      select_range_.reset();
      return std::unexpected(SQLITE_CORRUPT);
    }
    found.push_back(std::move(*prediction));
  }
  select_range_.reset();
  return {};
}

// The index may name rows that only share their hash with the query, so that a round of identifiers can give fewer rows
// than wanted; then the next round goes on where it ended.
Outcome<void> Reader::fill_from_index(const Query& query, IdRange range, std::vector<Prediction>& found) {
  const auto keys = keys_of(query);
  if (!keys) return forward_error(keys);
  while (true) {
    Newest newest(query.limit + 1);
    if (auto done = gather_tail(query, range, newest); !done) return done;
    for (const std::int64_t key : *keys) {
      if (auto done = gather_straddling(key, range, newest); !done) return done;
      if (auto done = gather_listed(key, range, newest); !done) return done;
    }
    for (const Uuid& id : newest.ids()) {
      auto outcome = row(id);
      if (!outcome) return forward_error(outcome);
      std::optional<Prediction>& prediction = *outcome;
      if (prediction && matches(query, *prediction)) found.push_back(std::move(*prediction));
      if (found.size() > query.limit) return {};
    }
    if (!newest.full()) return {};
    range.end = newest.ids().back();
  }
}

Outcome<std::vector<std::int64_t>> Reader::keys_of(const Query& query) {
  PostingKey key;
  if (query.user) key.user = *query.user;
  if (query.result) {
    key.result.emplace();
    if (!query.result->empty()) *key.result = *query.result;
  }
  std::vector<std::int64_t> keys;
  if (query.model) {
    key.model = *query.model;
    keys.push_back(hash(key));
    return keys;
  }
  while (true) {
    const auto row = select_models_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    key.model = select_models_.text(0);
    keys.push_back(hash(key));
  }
  select_models_.reset();
  return keys;
}

Outcome<void> Reader::gather_tail(const Query& query, const IdRange& range, Newest& newest) {
  bind_range(select_tail_, 1, range);
  bind_optional(select_tail_, 3, query.user);
  bind_optional(select_tail_, 4, query.model);
  bind_optional(select_tail_, 5, query.result);
  while (true) {
    const auto row = select_tail_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    newest.add(select_tail_.id(0));
  }
  select_tail_.reset();
  newest.cut();
  return {};
}

// Lists that begin after the end of the range and reach into it.
Outcome<void> Reader::gather_straddling(std::int64_t key, const IdRange& range, Newest& newest) {
  if (!range.end) return {};
  select_straddling_.bind(1, key);
  select_straddling_.bind(2, *range.end);
  while (true) {
    const auto row = select_straddling_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    const ByteView ids = select_straddling_.blob(0);
    for (std::size_t i = 0; i < packed_ids(ids); ++i) {
      const Uuid id = packed_id(ids, i);
      if (id < *range.end && id >= range.first) newest.add(id);
    }
    newest.cut();
  }
  select_straddling_.reset();
  return {};
}

Outcome<void> Reader::gather_listed(std::int64_t key, const IdRange& range, Newest& newest) {
  select_listed_.bind(1, key);
  bind_range(select_listed_, 2, range);
  while (true) {
    const auto row = select_listed_.step();
    if (!row) return forward_error(row);
    if (!*row || !newest.may_take(select_listed_.id(0))) break;
    const ByteView ids = select_listed_.blob(1);
    for (std::size_t i = 0; i < packed_ids(ids); ++i) {
      const Uuid id = packed_id(ids, i);
      if (id >= range.first) newest.add(id);
    }
    newest.cut();
  }
  select_listed_.reset();
  return {};
}

Outcome<std::optional<Prediction>> Reader::row(const Uuid& id) {
  select_by_id_.bind(1, id);
  const auto stepped = select_by_id_.step();
  if (!stepped) return forward_error(stepped);
  if (!*stepped) {
    select_by_id_.reset();
    return std::optional<Prediction>();
  }
  auto prediction = read_row(select_by_id_);
  select_by_id_.reset();
  if (!prediction) return std::unexpected(SQLITE_CORRUPT);
  return prediction;
}

}  // namespace vidi::records::sqlite
