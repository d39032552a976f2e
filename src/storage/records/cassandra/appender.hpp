#pragma once
// Records what arrives at the same time together: while the cluster works on some, the next ones gather. Rows of a
// group that stand in one partition travel in one message (cassandra/session.hpp).

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "records/cassandra/statements.hpp"

namespace vidi::records::cassandra {

// What there is once the cluster has answered.
struct Connection {
  std::unique_ptr<vidi::cassandra::Session> session;
  Layout layout;
  Statements statements;
};

// Any thread. Must outlive the tasks that it has returned.
class Appender {
 public:
  // As RecordStore::append().
  Task<Result<void>> append(std::shared_ptr<const Connection> connection, Prediction prediction);

 private:
  struct Request {
    boost::asio::any_io_executor executor;  // of the task that waits
    std::shared_ptr<const Connection> connection;
    Prediction prediction;
    Completion<Result<void>> done;
  };
  using Group = std::vector<Request>;

  void submit(Request request);
  void start(Group group);
  Group next_group();
  Task<void> send(Group group);
  Task<void> send_alone(Request request);
  Task<Result<void>> write(const Group& group);

  std::mutex mutex_;
  Group waiting_;
  std::size_t sending_ = 0;  // groups on their way
  // What is known to be listed in the cluster, so that it is written once and not with every prediction.
  std::set<Listing> listed_;
};

}  // namespace vidi::records::cassandra
