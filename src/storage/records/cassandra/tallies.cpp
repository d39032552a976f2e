#include "records/cassandra/tallies.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "core/when_all.hpp"
#include "records/packing/packing.hpp"
#include "records/query_range.hpp"

namespace vidi::records::cassandra {
namespace {

using std::chrono::days;
using std::chrono::hours;
using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Rows;
using vidi::cassandra::Session;
using vidi::cassandra::Write;

constexpr std::size_t kTogether = 8;  // days that are read at the same time

// Clocks of servers may differ by half of this. Until then, what was written is thought to be still on its way.
constexpr std::chrono::seconds kSettled{60};
constexpr std::chrono::seconds kLate = kSettled / 2;

std::unexpected<Error> damaged(const char* table) {
  return fail(ErrorCode::internal, std::string("the table ") + table + " is damaged");
}

// Nothing and nothing in it are the same.
std::optional<std::string> if_any(std::optional<std::string> text) {
  return text && text->empty() ? std::nullopt : text;
}

std::string or_empty(const std::optional<std::string>& text) { return to_text(text.value_or("")); }

// How often each hour of a day has been changed.
using Changes = std::map<Hour, std::int64_t>;

Hour hour_of(Timestamp time) { return std::chrono::floor<hours>(time); }

void merge(Tallies& to, const Tallies& more) {
  for (const auto& [key, tally] : more) add(to[key], tally);
}

// One page after another.
template <typename Take>
Task<Result<void>> for_each_row(Session& session, vidi::cassandra::Statement statement, CellWriter values, Take take) {
  Bytes next;
  do {
    auto rows = co_await session.execute(statement, values, std::move(next));
    if (!rows) co_return forward_error(rows);
    CellReader reader(rows->cells);
    for (std::size_t i = 0; i < rows->count; ++i) {
      auto taken = take(reader);
      if (!taken) co_return forward_error(taken);
    }
    next = std::move(rows->next);
  } while (!next.empty());
  co_return Result<void>();
}

}  // namespace

// Each by itself: changes of counters do not share a message with other writes.
Task<Result<void>> mark_changed(Session& session, const Statements& statements, std::set<Hour> changed) {
  if (!statements.keep_tallies) co_return Result<void>();
  std::vector<Task<Result<Rows>>> tasks;
  for (const Hour hour : changed) {
    const Period day = std::chrono::floor<days>(hour);
    CellWriter values;
    values.date(day).tinyint(static_cast<std::int8_t>((hour - day) / hours(1)));
    tasks.push_back(session.execute(statements.add_change, std::move(values)));
  }
  for (const auto& done : co_await when_all(std::move(tasks))) {
    if (!done) co_return forward_error(done);
  }
  co_return Result<void>();
}

Hour hour_of(const Uuid& id) { return hour_of(time_of(id)); }

std::optional<Hour> hour_if_late(const Prediction& prediction, Timestamp now) {
  if (time_of(prediction.id) >= now - kLate) return std::nullopt;
  return hour_of(prediction.id);
}

// One answer.
class Tallier::Reading {
 public:
  Reading(Tallier& tallier, Session& session, const Statements& statements, const Layout& layout, Hours range)
      : tallier_(tallier), session_(session), statements_(statements), layout_(layout), range_(range) {}

  Task<Result<Tallies>> read() {
    auto listed = co_await list_days();
    if (!listed) co_return forward_error(listed);
    Tallies all;
    for (std::size_t first = 0; first < listed->size(); first += kTogether) {
      const std::size_t last = std::min(first + kTogether, listed->size());
      std::vector<Task<Result<Tallies>>> tasks;
      for (std::size_t i = first; i < last; ++i) tasks.push_back(read_day((*listed)[i]));
      for (auto& read : co_await when_all(std::move(tasks))) {
        if (!read) co_return forward_error(read);
        merge(all, *read);
      }
    }
    std::erase_if(all, [&](const auto& entry) {
      const Hour hour = entry.first.hour;
      return (range_.from && hour < *range_.from) || (range_.to && hour >= *range_.to);
    });
    co_return all;
  }

 private:
  // Those on which there is something.
  Task<Result<std::vector<Period>>> list_days() {
    constexpr Hour kLastHour = Period(days(3'652'425));  // what a date of Cassandra can be is wider
    const auto bound = [&](Hour hour) { return std::chrono::floor<days>(std::clamp(hour, Hour(), kLastHour)); };
    CellWriter values;
    values.text(subject_of_all()).date(bound(range_.from.value_or(Hour()))).date(bound(range_.to.value_or(kLastHour)));
    std::vector<Period> listed;
    auto done = co_await for_each_row(session_, statements_.list_periods, std::move(values),
                                      [&](CellReader& row) -> Result<void> {
                                        listed.push_back(row.date());
                                        if (!row.good()) return damaged("period_by_subject");
                                        return {};
                                      });
    if (!done) co_return forward_error(done);
    // Where predictions expire, a day that is expired holds none, whatever is kept of it.
    const auto lifetime = layout_.lifetime;
    if (lifetime.count() > 0) std::erase_if(listed, [&](Period day) { return day + days(1) + lifetime < now_; });
    co_return listed;
  }

  Task<Result<Tallies>> read_day(Period day) {
    // Before anything is counted: what is changed meanwhile is counted anew the next time.
    auto changes = co_await read_changes(day);
    if (!changes) co_return forward_error(changes);
    if (!is_over(day)) co_return co_await read_hours(day, std::move(*changes));
    std::int64_t all = 0;
    for (const auto& [hour, count] : *changes) all += count;
    if (statements_.keep_tallies && !is_expiring(day)) {
      auto kept = co_await read_kept(day, all);
      if (!kept) co_return forward_error(kept);
      if (*kept) co_return std::move(**kept);
    }
    auto counted = co_await count(day, day, day + days(1), day, nullptr);
    if (counted && statements_.keep_tallies && !is_expiring(day)) {
      const auto written = co_await keep(day, all, *counted);
      if (!written) spdlog::warn("records: a day's tallies cannot be kept: {}", written.error().message);
    }
    co_return counted;
  }

  [[nodiscard]] bool is_over(Period day) const { return day + days(1) + hours(1) < now_; }

  // Some of its predictions may be gone, and more go at every moment.
  [[nodiscard]] bool is_expiring(Period day) const {
    return layout_.lifetime.count() > 0 && day + layout_.lifetime < now_ + days(8);
  }

  Task<Result<Changes>> read_changes(Period day) {
    Changes changes;
    if (!statements_.keep_tallies) co_return changes;
    auto done = co_await for_each_row(session_, statements_.list_changes, CellWriter().date(day),
                                      [&](CellReader& row) -> Result<void> {
                                        const hours hour(row.tinyint());
                                        changes[day + hour] = row.bigint();
                                        if (!row.good()) return damaged("change_by_day");
                                        return {};
                                      });
    if (!done) co_return forward_error(done);
    co_return changes;
  }

  // Absent: it is not kept, or not all of it.
  Task<Result<std::optional<Tallies>>> read_kept(Period day, std::int64_t changes) {
    Tallies tallies;
    std::optional<std::int32_t> rows;
    const auto take = [&](CellReader& row) -> Result<void> {
      if (const auto cell = row.cell(); cell) {
        CellWriter copy;
        copy.blob(*cell);
        CellReader number(copy.bytes());
        rows = number.integer();
      }
      const auto hour = row.cell();  // absent: nothing is kept but that there is nothing
      const auto model = row.text_or_null();
      const auto version = row.text_or_null();
      const auto result = row.text_or_null();
      const auto label = row.text_or_null();
      const auto predictions = row.cell();
      const auto latency = row.cell();
      const auto confidence = row.cell();
      if (!row.good()) return damaged("tally_by_day");
      if (!hour) return {};
      if (!model || !version || !result || !label || !predictions || !latency || !confidence) return {};
      CellWriter copy;
      copy.blob(*hour).blob(*predictions);
      CellReader numbers(copy.bytes());
      const hours in_day(numbers.tinyint());
      Tally tally{.predictions = numbers.bigint(), .latency = {}, .confidence = {}};
      auto latencies = unpack_histogram(*latency);
      auto confidences = unpack_histogram(*confidence);
      auto texts = std::pair(from_text(*model), from_text(*version));
      auto results = std::pair(from_text(*result), from_text(*label));
      if (!numbers.good() || !latencies || !confidences || !texts.first || !texts.second || !results.first ||
          !results.second) {
        return damaged("tally_by_day");
      }
      tally.latency = std::move(*latencies);
      tally.confidence = std::move(*confidences);
      TallyKey key{.hour = day + in_day,
                   .model = std::move(*texts.first),
                   .version = std::move(*texts.second),
                   .result = if_any(std::move(results.first)),
                   .label = if_any(std::move(results.second))};
      tallies.emplace(std::move(key), std::move(tally));
      return {};
    };
    auto done = co_await for_each_row(session_, statements_.list_kept, CellWriter().date(day).bigint(changes), take);
    if (!done) co_return forward_error(done);
    if (!rows || std::cmp_not_equal(*rows, tallies.size())) co_return std::optional<Tallies>();
    co_return std::optional(std::move(tallies));
  }

  // How many there are last: who reads them before knows that they are not all there.
  Task<Result<void>> keep(Period day, std::int64_t changes, const Tallies& tallies) {
    std::vector<Write> writes;
    Bytes latency;
    Bytes confidence;
    for (const auto& [key, tally] : tallies) {
      pack(tally.latency, latency);
      pack(tally.confidence, confidence);
      CellWriter values;
      values.date(day).bigint(changes).tinyint(static_cast<std::int8_t>((key.hour - day) / hours(1)));
      values.text(to_text(key.model)).text(to_text(key.version)).text(or_empty(key.result)).text(or_empty(key.label));
      values.bigint(tally.predictions).blob(latency).blob(confidence);
      writes.push_back({statements_.add_kept, std::move(values)});
    }
    auto written = co_await session_.execute_all(std::move(writes));
    if (!written) co_return written;
    CellWriter values;
    values.date(day).bigint(changes).integer(static_cast<std::int32_t>(tallies.size()));
    std::vector<Write> last;
    last.push_back({statements_.finish_kept, std::move(values)});
    co_return co_await session_.execute_all(std::move(last));
  }

  // A day that is still going on: what was counted before, and what has come since.
  Task<Result<Tallies>> read_hours(Period day, Changes changes) {
    Tallies all;
    Timestamp from = day;
    {
      const std::scoped_lock lock(tallier_.mutex_);
      std::erase_if(tallier_.counted_,
                    [&](const auto& entry) { return is_over(std::chrono::floor<days>(entry.first)); });
      // As many hours from the beginning of the day as have not been changed since they were counted to their end.
      for (Hour hour = day; statements_.keep_tallies && hour < day + days(1); hour += hours(1)) {
        const auto found = tallier_.counted_.find(hour);
        if (found == tallier_.counted_.end() || found->second.changes != changes[hour]) break;
        merge(all, found->second.tallies);
        from = found->second.to;
        if (from < hour + hours(1)) break;
      }
    }
    const Timestamp settled = now_ - kSettled;
    std::map<Hour, Tallies> old;
    auto counted = co_await count(day, from, day + days(1), settled, &old);
    if (!counted) co_return counted;
    merge(all, *counted);
    for (const auto& [hour, tallies] : old) merge(all, tallies);
    remember(day, from, settled, changes, old);
    co_return all;
  }

  // That everything from `from` to `to` has been counted.
  void remember(Period day, Timestamp from, Timestamp to, Changes& changes, const std::map<Hour, Tallies>& counted) {
    const std::scoped_lock lock(tallier_.mutex_);
    for (Hour hour = std::max<Hour>(day, hour_of(from)); hour < day + days(1) && hour < to; hour += hours(1)) {
      const Timestamp end = std::min<Timestamp>(to, hour + hours(1));
      Counted& entry = tallier_.counted_[hour];
      const bool goes_on = from > hour;
      // Another answer has counted meanwhile.
      if (goes_on && (entry.to != from || entry.changes != changes[hour])) continue;
      if (!goes_on) entry = {.changes = changes[hour], .to = hour, .tallies = {}};
      if (const auto found = counted.find(hour); found != counted.end()) merge(entry.tallies, found->second);
      entry.to = end;
    }
  }

  // The predictions of a day from `from` on and before `to`; those before `settled` go into `old`, by hour.
  Task<Result<Tallies>> count(Period day, Timestamp from, Timestamp to, Timestamp settled,
                              std::map<Hour, Tallies>* old) {
    struct Sums {
      Tallies recent;
      std::map<Hour, Tallies> old;
    };
    const int shards = shards_of(Table::by_day, layout_);
    std::vector<Sums> sums(static_cast<std::size_t>(shards));
    std::vector<Task<Result<void>>> tasks;
    for (int shard = 0; shard < shards; ++shard) {
      CellWriter values;
      add_key({.table = Table::by_day, .period = day, .shard = static_cast<std::int8_t>(shard)}, values);
      values.uuid(id_bound(from)).uuid(id_bound(to));
      Sums* const into = &sums[static_cast<std::size_t>(shard)];
      auto take = [into, settled, old](CellReader& row) -> Result<void> {
        auto prediction = read_row(row);
        if (!prediction) return forward_error(prediction);
        if (!*prediction) return {};
        TallyKey key = tally_key(**prediction);
        const Timestamp time = time_of((*prediction)->id);
        Tallies& to_add = old != nullptr && time < settled ? into->old[hour_of(time)] : into->recent;
        add(to_add[std::move(key)], (*prediction)->latency, (*prediction)->confidence);
        return {};
      };
      tasks.push_back(for_each_row(session_, statements_.by_day.select.back(), std::move(values), std::move(take)));
    }
    for (auto& done : co_await when_all(std::move(tasks))) {
      if (!done) co_return forward_error(done);
    }
    Tallies all;
    for (const Sums& of_shard : sums) {
      merge(all, of_shard.recent);
      for (const auto& [hour, tallies] : of_shard.old) merge((*old)[hour], tallies);
    }
    co_return all;
  }

  Tallier& tallier_;
  Session& session_;
  const Statements& statements_;
  const Layout& layout_;
  const Hours range_;
  const Timestamp now_ = now();
};

Task<Result<Tallies>> Tallier::read(Session& session, const Statements& statements, const Layout& layout, Hours hours) {
  Reading reading(*this, session, statements, layout, hours);
  co_return co_await reading.read();
}

}  // namespace vidi::records::cassandra
