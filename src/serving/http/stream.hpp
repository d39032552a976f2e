#pragma once
// A connection's socket, with or without TLS: reads and writes with deadlines. Used on its worker's thread only.

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "core/task.hpp"
#include "http/tls.hpp"

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

  // To be called before anything else: what is received and sent from now on is encrypted. `first` is how long the
  // client may take to begin, `rest` how long from then on.
  enum class Handshake { done, plain, failed };  // plain: the client speaks without TLS, and so does this end
  Task<Handshake> start_tls(const TlsCertificate& certificate, Clock::duration first, Clock::duration rest);

  // Waits for the next bytes. After stop() an idle wait ends at once with what is there, or `stopped`.
  enum class WaitKind { in_exchange, between_exchanges };
  Task<Received> receive(std::span<char> into, Clock::time_point deadline, WaitKind kind);

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
  Task<Received> receive_encrypted(std::span<char> into, Clock::time_point deadline, WaitKind kind);
  bool send_encrypted_now(std::string_view& bytes);
  Task<boost::system::error_code> wait(boost::asio::socket_base::wait_type what, Clock::time_point deadline,
                                       WaitKind kind);

  boost::asio::ip::tcp::socket socket_;
  Clock::time_point deadline_ = Clock::time_point::max();  // of the operation that waits
  bool idle_ = false;
  bool at_end_ = false;
  bool stopped_ = false;
  std::unique_ptr<TlsSession> tls_;  // null: without TLS. Before the socket it uses is closed, it goes.
};

}  // namespace vidi::http
