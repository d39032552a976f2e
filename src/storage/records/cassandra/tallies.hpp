#pragma once
// How many predictions there are, by reading them: a counter column would count twice what is written twice. Days that
// are over are counted once and kept in the table tally_by_day; of a day still going on, what can no
// longer change by itself is kept in memory. docs/reference/formats/cassandra.md describes how that stays right.

#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "cassandra/session.hpp"
#include "records/cassandra/statements.hpp"
#include "records/record_store.hpp"

namespace vidi::records::cassandra {

// Makes what is kept of the hours be counted anew. To be done after predictions of theirs have been corrected or
// forgotten, or written late.
Task<Result<void>> mark_changed(vidi::cassandra::Session& session, const Statements& statements, std::set<Hour> hours);

// The hour of the prediction if, written now, it is so late that its hour may have been counted without it.
std::optional<Hour> hour_if_late(const Prediction& prediction, Timestamp now);

Hour hour_of(const Uuid& id);

// Any thread. Must outlive the tasks that it has returned.
class Tallier {
 public:
  Task<Result<Tallies>> read(vidi::cassandra::Session& session, const Statements& statements, const Layout& layout,
                             Hours hours);

 private:
  // What has been counted of an hour: predictions before `to`.
  struct Counted {
    std::int64_t changes = 0;  // of the hour, before it was counted
    Timestamp to;
    Tallies tallies;
  };

  class Reading;

  std::mutex mutex_;
  std::map<Hour, Counted> counted_;  // of days that are not over
};

}  // namespace vidi::records::cassandra
