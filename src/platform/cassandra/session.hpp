#pragma once
// One connection of the process to a Cassandra cluster: statements in, rows out, without holding a thread. The Rust
// driver `scylla` (driver/cassandra) does the work: it knows which node has which rows, reconnects, and sends again
// what may be sent again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cassandra/access.hpp"
#include "cassandra/cells.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::cassandra {

// As the native protocol numbers them.
enum class Consistency : std::uint16_t {
  one = 1,
  two = 2,
  three = 3,
  quorum = 4,
  all = 5,
  local_quorum = 6,
  each_quorum = 7,
  local_one = 10
};

// How a cluster is reached.
struct Cluster {
  std::vector<std::string> hosts;  // "host" or "host:port" (9042); any of them knows the others
  Access access;
  Consistency consistency = Consistency::local_quorum;
  std::string datacenter;  // asked first; empty: any
  std::chrono::milliseconds request_timeout{5000};
  std::chrono::milliseconds connect_timeout{5000};
  std::uint32_t in_flight = 1024;  // requests that the cluster works on at the same time; more wait
};

// A statement that a session has prepared.
struct Statement {
  std::size_t number = 0;
};

// Rows of one page. Cells are as CellReader takes them.
struct Rows {
  std::size_t count = 0;
  Bytes cells;
  Bytes next;  // where the next page begins; empty: this was the last one
};

// A statement and its values.
struct Write {
  Statement statement;
  CellWriter values;
};

// Errors of every method: unavailable (no node, no quorum, too slow), forbidden (not with this user), invalid_argument
// (Cassandra does not take the statement), each with what Cassandra said. Any thread. A session must outlive the tasks
// that it has returned.
class Session {
 public:
  static Task<Result<std::unique_ptr<Session>>> connect(Cluster cluster);

  virtual ~Session() = default;

  // An unprepared statement without values, for schemas.
  virtual Task<Result<Rows>> query(std::string statement) = 0;

  // Only statements of which a repetition does no harm: each may be sent again when it is not known what became of it.
  // `page`: rows of a page.
  virtual Task<Result<Statement>> prepare(std::string statement, std::int32_t page = 1000) = 0;

  // `from`: Rows::next of the page before.
  virtual Task<Result<Rows>> execute(Statement statement, CellWriter values, Bytes from = {}) = 0;

  // At the same time, each to the nodes that keep its row: all have been done when there is no error, and any of them
  // when there is one.
  virtual Task<Result<void>> execute_all(std::vector<Write> writes) = 0;
};

}  // namespace vidi::cassandra
