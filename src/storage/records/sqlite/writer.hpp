#pragma once
// Carries out what changes predictions, a group in one transaction. Used by one thread.

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/task.hpp"
#include "records/record_store.hpp"
#include "records/sqlite/connection.hpp"
#include "records/sqlite/index.hpp"
#include "records/sqlite/row.hpp"
#include "records/sqlite/tally_table.hpp"

namespace vidi::records::sqlite {

// What is pointed to lies in the frame of the waiting task, which its completion keeps.
struct Append {
  const Prediction* prediction;
  Completion<Result<void>> done;
};

struct Correct {
  Uuid id;
  const Correction* correction;
  Completion<Result<bool>> done;
  bool existed = false;
};

struct Forget {
  Uuid id;
  Completion<Result<Forgotten>> done;
  Forgotten forgotten;
};

// Writes a little, to see whether the disk takes it.
struct Check {
  Completion<Result<void>> done;
};

using Operation = std::variant<Append, Correct, Forget, Check>;

class Writer {
 public:
  // Opens or makes the file. Throws std::runtime_error.
  explicit Writer(const std::string& path);

  // Adds to a group what has arrived meanwhile; false: nothing has.
  using Gather = std::function<bool(std::vector<Operation>& group)>;

  // Completes every operation, after the commit. Then brings the index, the tallies and the database file up to date.
  void write(std::vector<Operation>& group, const Gather& gather);

 private:
  Outcome<void> commit(std::vector<Operation>& group, const Gather& gather);
  Outcome<void> apply(Operation& operation);
  Outcome<void> append(const Prediction& prediction);
  Outcome<void> correct(Correct& operation);
  Outcome<void> forget(Forget& operation);
  Outcome<void> in_transaction(std::invocable auto work);
  void follow_up();
  void enter_rows();
  void tally_rows();
  void checkpoint();
  void note(int code);

  Database database_;
  Statement begin_;
  Statement commit_;
  Statement rollback_;
  Statement insert_;
  Statement set_correction_;
  Statement select_row_;
  Statement delete_;
  Statement count_check_;
  IndexWriter index_;
  TallyWriter tallies_;
  PackedRow packed_;
  std::int64_t rows_to_enter_ = 0;
  std::int64_t rows_to_tally_ = 0;
  int log_pages_ = 0;             // in the write-ahead log, after the last commit
  std::optional<Error> refusal_;  // set once the disk has failed to keep what was written
};

}  // namespace vidi::records::sqlite
