#include "records/cassandra/reader.hpp"

#include <algorithm>
#include <deque>
#include <span>
#include <utility>

#include "core/when_all.hpp"
#include "records/query_range.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;

// After every identifier that there can be.
Uuid after_all() {
  Uuid last;
  last.bytes.fill(std::byte{0xff});
  return last;
}

// What a query reads: the table whose partitions hold it with the least beside it.
struct Plan {
  Table table = Table::by_day;
  std::string subject;  // whose periods are read
};

Plan plan_of(const Query& query) {
  if (query.user && !query.user->empty()) {
    return {Table::by_user, subject_of_user(*query.user)};
  }
  const auto result = query.result == "" ? std::nullopt : query.result;
  if (query.model && query.result) return {Table::by_model, subject_of_model_result(*query.model, result)};
  // Among all of a day, but only of days on which there is one.
  if (query.result) return {Table::by_day, subject_of_result(result)};
  if (query.model) return {Table::by_day, subject_of_model(*query.model)};
  return {Table::by_day, subject_of_all()};
}

// The predictions of one partition in a range, newest first, read a page at a time, each page larger than the one
// before: nobody knows how many are needed.
class Cursor {
 public:
  // `rows` are expected to be enough.
  Cursor(Session& session, const Statements::OfTable& statements, const Partition& partition, const IdRange& range,
         std::size_t rows)
      : session_(session), statements_(statements) {
    while (page_size_ + 1 < kPageSizes.size() && static_cast<std::size_t>(kPageSizes[page_size_]) < rows) ++page_size_;
    add_key(partition, values_);
    values_.uuid(range.first).uuid(range.end.value_or(after_all()));
  }

  // The next page. Afterwards newest() is known.
  Task<Result<void>> fetch() {
    do {
      read_together_ = static_cast<std::size_t>(kPageSizes[page_size_]);
      auto page = co_await session_.execute(statements_.select[page_size_], values_, next_);
      if (!page) co_return forward_error(page);
      page_size_ = std::min(page_size_ + 1, kPageSizes.size() - 1);
      CellReader reader(page->cells);
      for (std::size_t i = 0; i < page->count; ++i) {
        auto prediction = read_row(reader);
        if (!prediction) co_return forward_error(prediction);
        if (*prediction) rows_.push_back(std::move(**prediction));
      }
      next_ = std::move(page->next);
      at_end_ = next_.empty();
    } while (rows_.empty() && !at_end_);
    co_return Result<void>();
  }

  [[nodiscard]] const Prediction* newest() const { return rows_.empty() ? nullptr : &rows_.front(); }
  [[nodiscard]] bool must_fetch() const { return rows_.empty() && !at_end_; }
  [[nodiscard]] bool should_fetch() const { return rows_.size() * 4 <= read_together_ && !at_end_; }

  Prediction take() {
    Prediction prediction = std::move(rows_.front());
    rows_.pop_front();
    return prediction;
  }

 private:
  Session& session_;
  const Statements::OfTable& statements_;
  std::size_t page_size_ = 0;      // of kPageSizes
  std::size_t read_together_ = 0;  // rows, at the latest time
  CellWriter values_;
  std::deque<Prediction> rows_;
  Bytes next_;
  bool at_end_ = false;
};

// Gathers what a query asks for, one period after another.
class Gatherer {
 public:
  Gatherer(Session& session, const Statements& statements, const Layout& layout, const Query& query,
           const IdRange& range)
      : session_(session),
        statements_(statements),
        layout_(layout),
        query_(query),
        range_(range),
        plan_(plan_of(query)) {}

  Task<Result<Page>> gather() {
    auto periods = co_await list_periods();
    if (!periods) co_return forward_error(periods);
    std::span<const Period> left = *periods;
    // Where little lies in a period, many are needed: those are read at the same time.
    for (std::size_t together = 1; !left.empty(); together = std::min<std::size_t>(2 * together, 8)) {
      const auto now = left.first(std::min(together, left.size()));
      left = left.subspan(now.size());
      const auto more = co_await read_periods(now);
      if (!more) co_return forward_error(more);
      if (!*more) break;
    }
    co_return std::move(page_);
  }

 private:
  [[nodiscard]] Period period_of(const Uuid& id) const {
    return plan_.table == Table::by_user ? month_of(id) : day_of(id);
  }

  // The newest first.
  Task<Result<std::vector<Period>>> list_periods() {
    // What a date of Cassandra can be is wider than what an identifier can hold.
    constexpr Period kLast{std::chrono::days(3'652'425)};
    const Period last = range_.end ? period_of(*range_.end) : kLast;
    CellWriter values;
    values.text(plan_.subject).date(period_of(range_.first)).date(last);
    std::vector<Period> periods;
    Bytes next;
    do {
      auto rows = co_await session_.execute(statements_.list_periods, values, std::move(next));
      if (!rows) co_return forward_error(rows);
      CellReader reader(rows->cells);
      for (std::size_t i = 0; i < rows->count; ++i) periods.push_back(reader.date());
      if (!reader.good()) co_return fail(ErrorCode::internal, "the table period_by_subject is damaged");
      next = std::move(rows->next);
    } while (!next.empty());
    std::ranges::sort(periods, std::greater<>());
    co_return periods;
  }

  // False: the page is full.
  Task<Result<bool>> read_periods(std::span<const Period> periods) {
    std::vector<Cursor> cursors;
    for (const Period period : periods) open(period, cursors);
    while (true) {
      const auto fetched = co_await fetch(cursors);
      if (!fetched) co_return forward_error(fetched);
      Cursor* newest = nullptr;
      for (Cursor& cursor : cursors) {
        if (cursor.newest() && (!newest || cursor.newest()->id > newest->newest()->id)) newest = &cursor;
      }
      if (!newest) co_return true;
      Prediction prediction = newest->take();
      if (!matches(query_, prediction)) continue;
      if (page_.predictions.size() == query_.limit) {
        page_.next = to_string(page_.predictions.back().id);
        co_return false;
      }
      page_.predictions.push_back(std::move(prediction));
    }
  }

  void open(Period period, std::vector<Cursor>& cursors) {
    const Statements::OfTable& of_table = statements_.of(plan_.table);
    const int shards = shards_of(plan_.table, layout_);
    Partition partition{.table = plan_.table,
                        .user = query_.user.value_or(""),
                        .model = query_.model.value_or(""),
                        .result = query_.result,
                        .period = period};
    // A shard holds about its share of the page.
    const std::size_t share = query_.limit / static_cast<std::size_t>(shards) + 1;
    for (int shard = 0; shard < shards; ++shard) {
      partition.shard = static_cast<std::int8_t>(shard);
      cursors.emplace_back(session_, of_table, partition, range_, share);
    }
  }

  // The pages that are needed, at the same time, and with them those that soon will be.
  static Task<Result<void>> fetch(std::vector<Cursor>& cursors) {
    if (std::ranges::none_of(cursors, &Cursor::must_fetch)) co_return Result<void>();
    std::vector<Task<Result<void>>> tasks;
    for (Cursor& cursor : cursors) {
      if (cursor.should_fetch()) tasks.push_back(cursor.fetch());
    }
    for (auto& fetched : co_await when_all(std::move(tasks))) {
      if (!fetched) co_return forward_error(fetched);
    }
    co_return Result<void>();
  }

  Session& session_;
  const Statements& statements_;
  const Layout& layout_;
  const Query& query_;
  const IdRange range_;
  const Plan plan_;
  Page page_;
};

}  // namespace

Task<Result<Page>> read_page(Session& session, const Statements& statements, const Layout& layout, Query query) {
  const auto range = id_range(query);
  if (!range) co_return forward_error(range);
  if (range->end && *range->end <= range->first) co_return Page();
  Gatherer gatherer(session, statements, layout, query, *range);
  co_return co_await gatherer.gather();
}

Task<Result<std::optional<Prediction>>> read_one(Session& session, const Statements& statements, const Layout& layout,
                                                 Uuid id) {
  const Partition partition{
      .table = Table::by_day, .period = day_of(id), .shard = shard_of(id, shards_of(Table::by_day, layout))};
  CellWriter values;
  add_key(partition, values);
  values.uuid(id);
  auto rows = co_await session.execute(statements.find, std::move(values));
  if (!rows) co_return forward_error(rows);
  if (rows->count == 0) co_return std::optional<Prediction>();
  CellReader reader(rows->cells);
  co_return read_row(reader);
}

}  // namespace vidi::records::cassandra
