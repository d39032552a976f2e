#pragma once
// A server with a few small handlers, and a client that speaks raw bytes, for the tests.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "http/server.hpp"

namespace vidi::http::testing {

using namespace std::chrono_literals;

// Holds what waits for it until it is opened. Any thread.
class Gate {
 public:
  Task<bool> wait();
  void open();
  [[nodiscard]] std::size_t waiting() const;
  // False when fewer than `count` wait after five seconds.
  [[nodiscard]] bool wait_for_waiting(std::size_t count);

 private:
  mutable std::mutex mutex_;
  std::vector<Completion<bool>> waiting_;
};

// Runs a server on a free port until it is destroyed.
class RunningServer {
 public:
  explicit RunningServer(ServerOptions options = {});
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  RunningServer(RunningServer&&) = delete;
  RunningServer& operator=(RunningServer&&) = delete;

  Server& server() { return *server_; }
  Gate& gate() { return gate_; }
  // stop(), and how long it takes until run() returns.
  std::chrono::milliseconds stop_and_join();
  void join();

 private:
  Router make_router();

  Gate gate_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

struct Answer {
  int status = 0;  // 0: the connection ended without one
  std::string head;
  std::string body;

  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

class Client {
 public:
  explicit Client(Server& server);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&&) = delete;
  Client& operator=(Client&&) = delete;

  // False when the server has closed.
  bool send(std::string_view bytes);
  void send_slowly(std::string_view bytes);  // each byte in a segment of its own
  void finish_sending();
  void reset();  // the connection is gone at once

  // The next answer (1xx included); waits five seconds at most. `head_only`: the answer to a HEAD request.
  Answer answer(bool head_only = false);
  Answer exchange(std::string_view request, bool head_only = false);
  // Whether the server closes the connection, without sending more, within `time`.
  bool sees_end(std::chrono::milliseconds time = 5s);
  // Whether nothing arrives for a moment.
  bool hears_nothing();

 private:
  bool receive(std::chrono::milliseconds time);

  int socket_ = -1;
  std::string received_;
};

std::string filled(std::size_t size);  // with x
std::string get(std::string_view path, std::string_view headers = {});
std::string post(std::string_view path, std::string_view body, std::string_view headers = {});
std::string chunked_post(std::string_view path, std::string_view body, std::size_t chunk_size);

}  // namespace vidi::http::testing
