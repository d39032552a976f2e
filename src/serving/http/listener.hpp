#pragma once
// The listening socket: accepts clients and deals them out to the workers.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "http/worker.hpp"

namespace vidi::http {

class Listener {
 public:
  // Listens at once, on the first worker's thread once that runs. All must outlive it. Throws std::runtime_error.
  Listener(ServerState& state, const std::vector<std::unique_ptr<Worker>>& workers);

  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

  // The first worker's thread, or any before it runs.
  void start();
  void stop();  // may be called again

 private:
  void open();
  Task<void> accept_clients();
  bool accept_one();  // false when none is waiting
  Worker& least_loaded();

  ServerState& state_;
  const std::vector<std::unique_ptr<Worker>>& workers_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::size_t next_ = 0;  // the worker to begin with when loads are equal
};

}  // namespace vidi::http
