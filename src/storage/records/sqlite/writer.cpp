#include "records/sqlite/writer.hpp"

#include <spdlog/spdlog.h>

#include <tuple>
#include <utility>

#include "records/sqlite/schema.hpp"

namespace vidi::records::sqlite {
namespace {

// About 8 MB: the log stays near that size, and copying it to the file takes some milliseconds.
constexpr int kCheckpointPages = 2000;

// Operations in a transaction after which no more are waited for.
constexpr std::size_t kEnough = 1024;

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

Database open_for_writing(const std::string& path) {
  Database database(path);
  prepare_for_writing(database, path);
  return database;
}

void complete(Operation& operation) {
  std::visit(Overloaded{[](Append& append) { append.done(Result<void>()); },
                        [](Correct& correct) { correct.done(Result<bool>(correct.existed)); },
                        [](Forget& forget) { forget.done(Result<Forgotten>(forget.forgotten)); },
                        [](Check& check) { check.done(Result<void>()); }},
             operation);
}

void refuse(Operation& operation, const Error& error) {
  std::visit([&](auto& any) { any.done(std::unexpected(error)); }, operation);
}

}  // namespace

Writer::Writer(const std::string& path)
    : database_(open_for_writing(path)),
      begin_(database_.prepare("BEGIN IMMEDIATE")),
      commit_(database_.prepare("COMMIT")),
      rollback_(database_.prepare("ROLLBACK")),
      insert_(database_.prepare(insert_statement())),
      set_correction_(database_.prepare("UPDATE predictions SET correction_label = ?, correction_user = ?, "
                                        "correction_time = ? WHERE id = ?")),
      select_row_(database_.prepare("SELECT model, user, result, image FROM predictions WHERE id = ?")),
      delete_(database_.prepare("DELETE FROM predictions WHERE id = ?")),
      count_check_(database_.prepare("UPDATE state SET checks = checks + 1")),
      index_(database_),
      tallies_(database_) {
  const auto note_pages = [](void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database_.handle(), note_pages, &log_pages_);
  // Rows that an earlier process has left.
  rows_to_enter_ = index_.rows_to_enter().value_or(0);
  rows_to_tally_ = tallies_.rows_to_enter().value_or(0);
}

void Writer::write(std::vector<Operation>& group, const Gather& gather) {
  if (refusal_) {
    for (Operation& operation : group) refuse(operation, *refusal_);
    return;
  }
  const auto committed = commit(group, gather);
  if (!committed) note(committed.error());
  for (Operation& operation : group) {
    if (committed) {
      complete(operation);
    } else {
      refuse(operation, explain(committed.error()));
    }
  }
  follow_up();
}

Outcome<void> Writer::commit(std::vector<Operation>& group, const Gather& gather) {
  return in_transaction([&]() -> Outcome<void> {
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (auto applied = apply(group[i]); !applied) return applied;
      if (i + 1 == group.size() && group.size() < kEnough) gather(group);
    }
    return {};
  });
}

Outcome<void> Writer::in_transaction(std::invocable auto work) {
  if (auto begun = begin_.execute(); !begun) return begun;
  auto worked = work();
  if (worked) worked = commit_.execute();
  // Some errors have rolled back already.
  if (!worked && sqlite3_get_autocommit(database_.handle()) == 0) std::ignore = rollback_.execute();
  return worked;
}

Outcome<void> Writer::apply(Operation& operation) {
  return std::visit(Overloaded{[&](Append& append_one) { return append(*append_one.prediction); },
                               [&](Correct& correct_one) { return correct(correct_one); },
                               [&](Forget& forget_one) { return forget(forget_one); },
                               [&](Check&) { return count_check_.execute(); }},
                    operation);
}

Outcome<void> Writer::append(const Prediction& prediction) {
  bind_row(insert_, prediction, packed_);
  ++rows_to_enter_;
  ++rows_to_tally_;
  return insert_.execute();
}

Outcome<void> Writer::correct(Correct& operation) {
  if (auto taken = tallies_.take_out(operation.id); !taken) return taken;
  set_correction_.bind(1, operation.correction->label);
  set_correction_.bind(2, operation.correction->user);
  set_correction_.bind(3, static_cast<std::int64_t>(operation.correction->time.time_since_epoch().count()));
  set_correction_.bind(4, operation.id);
  auto done = set_correction_.execute();
  operation.existed = done && sqlite3_changes(database_.handle()) > 0;
  if (!done) return done;
  return tallies_.put_back(operation.id);
}

Outcome<void> Writer::forget(Forget& operation) {
  operation.forgotten = {};
  select_row_.bind(1, operation.id);
  const auto row = select_row_.step();
  if (!row) return forward_error(row);
  if (!*row) {
    select_row_.reset();
    return {};
  }
  const std::string model(select_row_.text(0));
  const std::string user(select_row_.text(1));
  std::optional<std::string> result;
  if (!select_row_.is_null(2)) result = select_row_.text(2);
  const std::optional<Digest> image = digest_from(select_row_.blob(3));
  select_row_.reset();

  operation.forgotten.existed = true;
  PostingKey key{.model = model, .user = user};
  key.result.emplace();
  if (result) *key.result = *result;
  if (auto removed = index_.remove(operation.id, key); !removed) return removed;
  if (auto taken = tallies_.take_out(operation.id); !taken) return taken;
  delete_.bind(1, operation.id);
  if (auto deleted = delete_.execute(); !deleted) return deleted;
  if (auto lowered = index_.forget_deleted_sequences(); !lowered) return lowered;
  if (!image) return {};
  const auto referred = index_.refers_to(*image);
  if (!referred) return forward_error(referred);
  if (!*referred) operation.forgotten.orphan = image;
  return {};
}

void Writer::follow_up() {
  if (!refusal_ && rows_to_enter_ >= kSliceRows) enter_rows();
  if (!refusal_ && rows_to_tally_ >= kSliceRows) tally_rows();
  if (!refusal_ && log_pages_ >= kCheckpointPages) checkpoint();
}

// A failure leaves the rows to a later time: queries scan them as they scan the newest ones.
void Writer::enter_rows() {
  const auto done = in_transaction([&] { return index_.enter_slice(); });
  if (!done) note(done.error());
  // Counted anew, because another process may have appended or entered rows too.
  const auto left = done ? index_.rows_to_enter() : Outcome<std::int64_t>(0);
  rows_to_enter_ = left.value_or(0);
}

void Writer::tally_rows() {
  const auto done = in_transaction([&] { return tallies_.enter_slice(); });
  if (!done) note(done.error());
  const auto left = done ? tallies_.rows_to_enter() : Outcome<std::int64_t>(0);
  rows_to_tally_ = left.value_or(0);
}

void Writer::checkpoint() {
  int left = 0;
  const int code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &left, nullptr);
  log_pages_ = 0;
  // Busy: a reader still needs the log; the next commit counts again.
  if (code != SQLITE_OK && code != SQLITE_BUSY) note(code);
}

void Writer::note(int code) {
  spdlog::error("records: {}", explain(code).message);
  if (is_sync_failure(code)) refusal_ = explain(code);
}

}  // namespace vidi::records::sqlite
