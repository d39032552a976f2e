#pragma once
// Listens, speaks HTTP/1.1 (RFC 9112) and hands each request to the router's handlers.

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "http/router.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::http {

struct ServerOptions {
  std::string listen = "0.0.0.0:4000";  // address:port, [v6]:port; port 0: a free one
  std::string tls_certificate;          // PEM files, see tls.hpp; both empty: without TLS
  std::string tls_key;
  std::size_t threads = 0;             // 0: one a processor
  std::size_t max_connections = 4096;  // more: 503 with Retry-After, and closed
  std::size_t max_requests = 1024;     // being handled at once; more: 503 with Retry-After
  std::size_t max_header_bytes = 16U << 10U;
  std::size_t max_body_bytes = 32U << 20U;           // 413 before it is read when Content-Length says so
  std::chrono::milliseconds header_timeout{10'000};  // from a request's first byte to the end of its head
  std::chrono::milliseconds body_timeout{60'000};    // for the whole body
  std::chrono::milliseconds idle_timeout{75'000};    // between requests of a connection
  std::chrono::milliseconds write_timeout{60'000};   // for the whole response
  std::chrono::milliseconds stop_timeout{30'000};    // how long stop() waits for requests in flight
  telemetry::RequestObserver* observer = nullptr;    // of every answer, refusals too; must outlive the server
};

class Server {
 public:
  // Binds and listens at once. Throws std::runtime_error, saying what cannot be bound or which certificate not be used,
  // and why.
  Server(ServerOptions options, Router router, ErrorPage error_page);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  // "127.0.0.1:4000"

  // Of each thread that run() serves on: what other protocols run there shares batches with HTTP's requests.
  [[nodiscard]] std::vector<boost::asio::any_io_executor> executors() const;

  // Serves on `threads` threads, the calling one among them, until stop() and until what was in flight is answered.
  // To be called once.
  void run();

  // Says that it will stop, and goes on serving: stopping() is true, and each answer is its connection's last, so that
  // whoever balances the load turns elsewhere before stop() is called. Any thread.
  void leave();

  // Ends it gracefully: no new connections; requests in flight are answered with "Connection: close"; idle connections
  // are closed; after stop_timeout the rest is cut. From any thread, also before run(); a second call cuts at once. A
  // handler that waits for another thread is waited for even then, since that thread will call back.
  void stop();

  // Reads certificate and key anew, for the connections that follow; those that there are go on. After an error all is
  // as before. Nothing is done without TLS. Any thread.
  Result<void> reload_certificate();

  struct Load {
    std::size_t connections = 0;  // open
    std::size_t requests = 0;     // being handled
  };
  [[nodiscard]] Load load() const;  // any thread

  // Whether leave() or stop() has been called (a readiness check says so). Any thread.
  [[nodiscard]] bool stopping() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace vidi::http
