#pragma once
// One thread of the server, with the connections it serves.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <list>
#include <string>

#include "http/response_writer.hpp"
#include "http/server_state.hpp"
#include "http/stream.hpp"

namespace vidi::http {

// A socket that a client connected to, not yet of any thread.
class AcceptedSocket {
 public:
  AcceptedSocket(int descriptor, boost::asio::ip::tcp::endpoint peer);
  ~AcceptedSocket();
  AcceptedSocket(AcceptedSocket&& other) noexcept;
  AcceptedSocket(const AcceptedSocket&) = delete;
  AcceptedSocket& operator=(const AcceptedSocket&) = delete;
  AcceptedSocket& operator=(AcceptedSocket&&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  void release() { descriptor_ = -1; }  // it belongs to somebody else now
  [[nodiscard]] const boost::asio::ip::tcp::endpoint& peer() const { return peer_; }

 private:
  int descriptor_;
  boost::asio::ip::tcp::endpoint peer_;
};

// What the other threads may call is said; the rest is for the worker's own.
class Worker {
 public:
  explicit Worker(ServerState& state);

  // Returns after stop(), when the last connection has ended.
  void run() { context_.run(); }

  // Any thread: serves the client, or tells it that there are too many.
  enum class Purpose { serve, refuse };
  void adopt(AcceptedSocket socket, Purpose purpose);
  // Any thread: how many connections it has been given and has not closed.
  [[nodiscard]] std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  // Any thread: no connection is taken any more; idle ones end at once, others after their request.
  void stop();
  // Any thread: ends every connection.
  void cut();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] ServerState& state() { return state_; }
  // Whether a connection ends with the answer that it gets now.
  [[nodiscard]] bool leaving() const { return stopping_ || state_.leaving; }
  std::string_view date() { return date_.value(); }

  // Its deadlines are looked after while it is on the list.
  using Streams = std::list<Stream*>;
  Streams::iterator add(Stream& stream);
  void remove(Streams::iterator place);

 private:
  void start(AcceptedSocket socket, Purpose purpose);
  void schedule_sweep();
  void sweep();
  void finish_when_empty();

  ServerState& state_;
  Streams streams_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer cut_timer_;
  Clock::duration sweep_interval_;
  DateHeader date_;
  std::atomic<std::size_t> load_ = 0;
  bool sweeping_ = false;
  bool stopping_ = false;
};

}  // namespace vidi::http
