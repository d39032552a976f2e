#include "records/cassandra/statements.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "records/cassandra/plain_table.hpp"
#include "records/packing/packing.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;
using vidi::cassandra::Statement;
using vidi::cassandra::Write;

struct Definition {
  std::string_view name;
  std::string_view key;      // columns of the partition's key
  std::string_view matches;  // the same, each with a question mark
  std::string_view written;  // columns beside the key that insert_values() gives
  std::string_view marks;    // a question mark for each of key, identifier and those
};

Definition definition_of(Table table) {
  switch (table) {
    case Table::by_day:
      return {"prediction_by_day", "day, shard", "day = ? AND shard = ?", "image, record", "?, ?, ?, ?, ?"};
    case Table::by_user:
      return {"image_by_user", "user_key, month", "user_key = ? AND month = ?",
              "time, filename, result, model, image, record", "?, ?, ?, ?, ?, ?, ?, ?, ?"};
    case Table::by_model:
      return {"prediction_by_model", "model_key, result_key, day, shard",
              "model_key = ? AND result_key = ? AND day = ? AND shard = ?", "record", "?, ?, ?, ?, ?, ?"};
  }
  std::unreachable();
}

constexpr std::string_view kRead = "record, label, label_user, label_time";

// Prepares one statement after another; after the first failure none.
class Preparer {
 public:
  Preparer(Session& session, const Layout& layout) : session_(session), layout_(layout) {}

  Task<void> prepare(Statement& target, std::string text, std::int32_t page = kPageSizes.back()) {
    if (!result_) co_return;
    auto prepared = co_await session_.prepare(std::move(text), page);
    if (prepared) {
      target = *prepared;
    } else {
      result_ = forward_error(prepared);
    }
  }

  Task<void> prepare_table(Statements::OfTable& target, Table table) {
    const auto [name, key, matches, written, marks] = definition_of(table);
    const std::string full = fmt::format("{}.{}", layout_.keyspace, name);
    co_await prepare(target.insert, fmt::format("INSERT INTO {} ({}, id, {}) VALUES ({}) USING TIMESTAMP ?{}", full,
                                                key, written, marks, lifetime()));
    co_await prepare(target.correct, fmt::format("UPDATE {} USING TIMESTAMP ?{} SET label = ?, label_user = ?, "
                                                 "label_time = ? WHERE {} AND id = ?",
                                                 full, lifetime(), matches));
    co_await prepare(target.remove, fmt::format("DELETE FROM {} WHERE {} AND id = ?", full, matches));
    const std::string select = fmt::format("SELECT {} FROM {} WHERE {} AND id >= ? AND id < ?", kRead, full, matches);
    for (std::size_t i = 0; i < kPageSizes.size(); ++i) co_await prepare(target.select[i], select, kPageSizes[i]);
  }

  // For tables of which rows expire.
  [[nodiscard]] std::string lifetime() const {
    return layout_.lifetime.count() == 0 ? "" : fmt::format(" AND TTL {}", layout_.lifetime.count());
  }

  [[nodiscard]] const Result<void>& result() const { return result_; }

 private:
  Session& session_;
  const Layout& layout_;
  Result<void> result_;
};

// Microseconds since 1970: what happened later wins over what happened earlier, whenever either arrives.
std::int64_t stamp(Timestamp time) { return time.time_since_epoch().count(); }

std::optional<std::string> text_of(const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  return to_text(*bytes);
}

// As people read it in cqlsh.
std::string shown(const std::optional<std::string>& result) { return to_text(result.value_or("")); }

CellWriter insert_values(const Partition& partition, const Prediction& prediction, ByteView record) {
  CellWriter values;
  add_key(partition, values);
  values.uuid(prediction.id);
  if (partition.table == Table::by_user) {
    values.timestamp(prediction.time).text(to_text(prediction.safe_filename));
    values.text_or_null(text_of(prediction.result)).text(to_text(prediction.model));
    if (prediction.image) {
      values.text(to_string(*prediction.image));
    } else {
      values.null();
    }
  }
  if (partition.table == Table::by_day) {
    if (prediction.image) {
      values.blob(prediction.image->bytes);
    } else {
      values.null();
    }
  }
  values.blob(record).bigint(stamp(prediction.time));
  return values;
}

Task<void> prepare_tallies(Preparer& preparer, const std::string& keyspace, Statements& all) {
  all.keep_tallies = true;
  const std::string changes = keyspace + ".change_by_day";
  const std::string kept = keyspace + ".tally_by_day";
  // One change too many only makes a day be counted once more.
  co_await preparer.prepare(all.add_change,
                            fmt::format("UPDATE {} SET changes = changes + 1 WHERE day = ? AND hour = ?", changes));
  co_await preparer.prepare(all.list_changes, fmt::format("SELECT hour, changes FROM {} WHERE day = ?", changes));
  co_await preparer.prepare(
      all.add_kept,
      fmt::format("INSERT INTO {} (day, changes, hour, model, version, result, label, predictions, latency, "
                  "confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  kept));
  co_await preparer.prepare(all.finish_kept, fmt::format("INSERT INTO {} (day, changes, rows) VALUES (?, ?, ?)", kept));
  co_await preparer.prepare(all.list_kept,
                            fmt::format("SELECT rows, hour, model, version, result, label, predictions, latency, "
                                        "confidence FROM {} WHERE day = ? AND changes = ?",
                                        kept));
}

}  // namespace

const Statements::OfTable& Statements::of(Table table) const {
  switch (table) {
    case Table::by_day:
      return by_day;
    case Table::by_user:
      return by_user;
    case Table::by_model:
      return by_model;
  }
  std::unreachable();
}

Task<Result<Statements>> prepare(Session& session, const Layout& layout) {
  Statements all;
  Preparer preparer(session, layout);
  co_await preparer.prepare_table(all.by_day, Table::by_day);
  co_await preparer.prepare_table(all.by_user, Table::by_user);
  co_await preparer.prepare_table(all.by_model, Table::by_model);
  const std::string& own = layout.keyspace;
  const std::string lifetime = preparer.lifetime();
  co_await preparer.prepare(
      all.find, fmt::format("SELECT {} FROM {}.prediction_by_day WHERE day = ? AND shard = ? AND id = ?", kRead, own));
  co_await preparer.prepare(all.list_days, fmt::format("SELECT DISTINCT day, shard FROM {}.prediction_by_day", own));
  co_await preparer.prepare(all.find_image,
                            fmt::format("SELECT id FROM {}.prediction_by_day WHERE image = ? LIMIT 1", own));
  co_await preparer.prepare(all.add_correction, fmt::format("INSERT INTO {}.correction_by_prediction (id, time, label, "
                                                            "label_user) VALUES (?, ?, ?, ?) USING TIMESTAMP ?{}",
                                                            own, lifetime));
  co_await preparer.prepare(all.remove_corrections,
                            fmt::format("DELETE FROM {}.correction_by_prediction WHERE id = ?", own));
  co_await preparer.prepare(all.add_period,
                            fmt::format("INSERT INTO {}.period_by_subject (subject, period) VALUES (?, ?)", own));
  co_await preparer.prepare(
      all.list_periods,
      fmt::format("SELECT period FROM {}.period_by_subject WHERE subject = ? AND period >= ? AND period <= ?", own));
  if (layout.keep_tallies) co_await prepare_tallies(preparer, own, all);
  co_await preparer.prepare(
      all.add_demand,
      fmt::format("INSERT INTO {}.demandtable (time, filename, result) VALUES (?, ?, ?) USING TIMESTAMP ?{}", own,
                  lifetime));
  co_await preparer.prepare(all.remove_demand, fmt::format("DELETE FROM {}.demandtable WHERE time = ?", own));
  if (layout.mirror_cnn_table) {
    co_await preparer.prepare(
        all.add_cnn,
        "INSERT INTO bleekeyspace.cnn_table (prediction, time) VALUES (?, ?) USING TIMESTAMP ?" + lifetime);
    co_await preparer.prepare(all.remove_cnn, "DELETE FROM bleekeyspace.cnn_table WHERE prediction = ? AND time = ?");
  }
  if (!preparer.result()) co_return std::unexpected(preparer.result().error());
  co_return all;
}

int shards_of(Table table, const Layout& layout) {
  switch (table) {
    case Table::by_day:
    case Table::by_model:
      return layout.shards;
    case Table::by_user:
      return 1;
  }
  std::unreachable();
}

void add_key(const Partition& partition, CellWriter& values) {
  switch (partition.table) {
    case Table::by_day:
      values.date(partition.period).tinyint(partition.shard);
      return;
    case Table::by_user:
      values.text(to_text(partition.user)).date(partition.period);
      return;
    case Table::by_model:
      values.text(to_text(partition.model)).text(shown(partition.result));
      values.date(partition.period).tinyint(partition.shard);
      return;
  }
}

std::vector<Partition> partitions_of(const Prediction& prediction, const Layout& layout) {
  const auto shard_in = [&](Table table) { return shard_of(prediction.id, shards_of(table, layout)); };
  const Period day = day_of(prediction.id);
  std::vector<Partition> partitions;
  partitions.push_back({.table = Table::by_day, .period = day, .shard = shard_in(Table::by_day)});
  partitions.push_back({.table = Table::by_model,
                        .model = prediction.model,
                        .result = prediction.result,
                        .period = day,
                        .shard = shard_in(Table::by_model)});
  // Those of nobody would be one partition a month.
  if (!prediction.user.empty()) {
    partitions.push_back({.table = Table::by_user, .user = prediction.user, .period = month_of(prediction.id)});
  }
  return partitions;
}

std::vector<Write> writes_to_append(const Prediction& prediction, const Statements& statements, const Layout& layout) {
  Bytes record;
  pack(prediction, record);
  std::vector<Write> writes;
  for (const Partition& partition : partitions_of(prediction, layout)) {
    writes.push_back({statements.of(partition.table).insert, insert_values(partition, prediction, record)});
  }
  const std::int64_t time = stamp(prediction.time);
  const std::string key = demand_key(prediction);
  const auto old_row = row_of(prediction);
  const std::string filename = to_text(old_row ? old_row->filename : prediction.safe_filename);
  // A row of before vidi that is still there wins over what is written here, whatever clock wrote it.
  constexpr std::int64_t kOldest = 1;
  const std::int64_t demand_time = old_row ? kOldest : time;
  writes.push_back({statements.add_demand,
                    CellWriter().text(key).text(filename).text(shown(prediction.result)).bigint(demand_time)});
  if (layout.mirror_cnn_table) {
    writes.push_back({statements.add_cnn, CellWriter().text(shown(prediction.result)).text(key).bigint(time)});
  }
  return writes;
}

std::vector<Write> writes_to_correct(const Prediction& prediction, const Correction& correction,
                                     const Statements& statements, const Layout& layout) {
  const std::int64_t time = stamp(correction.time);
  const std::string label = to_text(correction.label);
  const std::string user = to_text(correction.user);
  std::vector<Write> writes;
  for (const Partition& partition : partitions_of(prediction, layout)) {
    CellWriter values;
    values.bigint(time).text(label).text(user).bigint(time);
    add_key(partition, values);
    values.uuid(prediction.id);
    writes.push_back({statements.of(partition.table).correct, std::move(values)});
  }
  writes.push_back(
      {statements.add_correction, CellWriter().uuid(prediction.id).bigint(time).text(label).text(user).bigint(time)});
  return writes;
}

std::vector<Write> writes_to_forget(const Prediction& prediction, const Statements& statements, const Layout& layout) {
  std::vector<Write> writes;
  for (const Partition& partition : partitions_of(prediction, layout)) {
    CellWriter values;
    add_key(partition, values);
    values.uuid(prediction.id);
    writes.push_back({statements.of(partition.table).remove, std::move(values)});
  }
  writes.push_back({statements.remove_corrections, CellWriter().uuid(prediction.id)});
  const std::string key = demand_key(prediction);
  writes.push_back({statements.remove_demand, CellWriter().text(key)});
  if (layout.mirror_cnn_table) {
    writes.push_back({statements.remove_cnn, CellWriter().text(shown(prediction.result)).text(key)});
  }
  return writes;
}

std::vector<Listing> listings_of(const Prediction& prediction) {
  const Period day = day_of(prediction.id);
  std::vector<Listing> listings{{subject_of_all(), day},
                                {subject_of_model(prediction.model), day},
                                {subject_of_result(prediction.result), day},
                                {subject_of_model_result(prediction.model, prediction.result), day}};
  if (!prediction.user.empty()) listings.push_back({subject_of_user(prediction.user), month_of(prediction.id)});
  return listings;
}

Write write_to_list(const Listing& listing, const Statements& statements) {
  return {statements.add_period, CellWriter().text(listing.subject).date(listing.period)};
}

Result<std::optional<Prediction>> read_row(CellReader& row) {
  const auto record = row.cell();
  const auto label = row.text_or_null();
  const auto label_user = row.text_or_null();
  const auto label_time = row.cell();
  if (!row.good()) return fail(ErrorCode::internal, "a row of Cassandra has not the cells that were asked for");
  if (!record) return std::optional<Prediction>();
  auto prediction = unpack_prediction(*record);
  const auto damaged = [] {
    return fail(ErrorCode::internal, "a prediction in Cassandra is damaged, or of a newer vidi");
  };
  if (!prediction) return damaged();
  if (label) {
    CellWriter copy;
    copy.blob(label_time.value_or(ByteView()));
    CellReader time(copy.bytes());
    const auto right = from_text(*label);
    const auto user = from_text(label_user.value_or(""));
    const Timestamp when{std::chrono::microseconds(time.bigint())};
    if (!right || !user || !time.good()) return damaged();
    prediction->correction = Correction{.label = *right, .user = *user, .time = when};
  }
  return prediction;
}

}  // namespace vidi::records::cassandra
