#pragma once
// What the store says to Cassandra: prepared once for a connection.

#include <array>
#include <string>
#include <vector>

#include "cassandra/session.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "records/cassandra/keys.hpp"
#include "records/record_store.hpp"

namespace vidi::records::cassandra {

// A table that holds whole predictions in partitions by time.
enum class Table { by_day, by_user, by_model };

// Rows of a page.
inline constexpr std::array<std::int32_t, 3> kPageSizes{16, 64, 500};

struct Statements {
  // For each Table.
  struct OfTable {
    vidi::cassandra::Statement insert;
    vidi::cassandra::Statement correct;
    vidi::cassandra::Statement remove;
    // A range of a partition, newest first, in pages of kPageSizes. A page of one may follow a page of another.
    std::array<vidi::cassandra::Statement, kPageSizes.size()> select;
  };
  OfTable by_day;
  OfTable by_user;
  OfTable by_model;
  vidi::cassandra::Statement find;
  vidi::cassandra::Statement list_days;  // the partitions of by_day
  vidi::cassandra::Statement find_image;
  vidi::cassandra::Statement add_correction;
  vidi::cassandra::Statement remove_corrections;
  vidi::cassandra::Statement add_period;
  vidi::cassandra::Statement list_periods;
  bool keep_tallies = false;  // there are tables for them
  vidi::cassandra::Statement add_change;
  vidi::cassandra::Statement list_changes;
  vidi::cassandra::Statement add_kept;
  vidi::cassandra::Statement finish_kept;
  vidi::cassandra::Statement list_kept;
  vidi::cassandra::Statement add_demand;
  vidi::cassandra::Statement remove_demand;
  vidi::cassandra::Statement add_cnn;     // when the table is mirrored
  vidi::cassandra::Statement remove_cnn;  // when the table is mirrored

  [[nodiscard]] const OfTable& of(Table table) const;
};

struct Layout {
  std::string keyspace;
  int shards = 16;
  bool mirror_cnn_table = false;
  std::chrono::seconds lifetime{0};  // of what is written; 0: forever
  bool keep_tallies = false;         // there are tables for them
};

Task<Result<Statements>> prepare(vidi::cassandra::Session& session, const Layout& layout);

// What identifies a partition of a table, and within one of by_model the rows of a result.
struct Partition {
  Table table = Table::by_day;
  std::string user;                   // by_user
  std::string model;                  // by_model
  std::optional<std::string> result;  // by_model: a part of the partition
  Period period;
  std::int8_t shard = 0;  // by_day, by_model
};

// Into how many partitions a period is divided.
int shards_of(Table table, const Layout& layout);

// Appends the values of the partition's key.
void add_key(const Partition& partition, vidi::cassandra::CellWriter& values);

// The partitions in which a prediction stands.
std::vector<Partition> partitions_of(const Prediction& prediction, const Layout& layout);

// Every write that records a prediction: each may be done again and in any order. The periods are those of which the
// caller does not know yet that they are listed.
std::vector<vidi::cassandra::Write> writes_to_append(const Prediction& prediction, const Statements& statements,
                                                     const Layout& layout);
std::vector<vidi::cassandra::Write> writes_to_correct(const Prediction& prediction, const Correction& correction,
                                                      const Statements& statements, const Layout& layout);
std::vector<vidi::cassandra::Write> writes_to_forget(const Prediction& prediction, const Statements& statements,
                                                     const Layout& layout);

// A period in which there is something of a subject.
struct Listing {
  std::string subject;
  Period period;

  auto operator<=>(const Listing&) const = default;
};

std::vector<Listing> listings_of(const Prediction& prediction);
vidi::cassandra::Write write_to_list(const Listing& listing, const Statements& statements);

// Reads a row of Statements::find, select or select_many. Absent: of a prediction that has been forgotten while it was
// corrected. Errors: internal (damaged, or of a newer vidi).
Result<std::optional<Prediction>> read_row(vidi::cassandra::CellReader& row);

}  // namespace vidi::records::cassandra
