#pragma once
// A connection's socket: reads and writes with deadlines. Used on its worker's thread only.

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include "core/task.hpp"

namespace vidi::http {

using Clock = std::chrono::steady_clock;

struct Received {
  enum class Kind { data, end, timed_out, stopped, failed };
  Kind kind = Kind::failed;
  std::size_t size = 0;
};

class Stream {
 public:
  explicit Stream(boost::asio::ip::tcp::socket socket);

  // Waits for the next bytes. After stop() an idle wait ends at once with what is there, or `stopped`.
  enum class Waiting { busy, idle };
  Task<Received> receive(std::span<char> into, Clock::time_point deadline, Waiting waiting);

  // Whether the client has closed its side; it may still read.
  [[nodiscard]] bool at_end() const { return at_end_; }

  // Sends what can be sent at once, and takes it off the views. False when the connection is broken.
  bool send_now(std::string_view& first, std::string_view& second);

  // Sends all of it; false when the connection is broken or the time is over.
  Task<bool> send(std::string_view first, std::string_view second, Clock::time_point deadline);

  void finish_sending();  // the client sees the end after what was sent

  // For the worker, which looks at all connections from time to time.
  void check_deadline(Clock::time_point now);
  void stop();
  void cut();  // nothing more is received or sent

 private:
  Received receive_now(std::span<char> into);

  boost::asio::ip::tcp::socket socket_;
  Clock::time_point deadline_ = Clock::time_point::max();  // of the operation that waits
  bool idle_ = false;
  bool at_end_ = false;
  bool stopped_ = false;
};

}  // namespace vidi::http
