#pragma once
// The Open Inference Protocol over gRPC, and gRPC's health checking protocol.

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "open_inference/service.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::grpc {

// Who may call a method.
enum class Access {
  open,   // everybody
  user,   // every key
  admin,  // an administrator's key
};

// A version of a model in the repository.
struct ModelState {
  std::string name;
  std::string version;
  bool ready = false;
  std::string reason;  // why it is not
};

// What the calls are answered with. Every function may be called from any thread, many times at once.
struct Application {
  open_inference::Service& service;
  std::string version;  // vidi's

  // The user that a call's metadata `authorization` belongs to (empty: not known), or why the call is refused. Not
  // asked for what is open to everybody. Absent: everybody may do everything.
  std::function<Result<std::string>(std::optional<std::string_view> authorization, Access access)> admit;
  // Whether requests can be answered now. Absent: yes, until the end.
  std::function<Task<bool>()> ready;
  std::function<std::vector<ModelState>()> models;
  // Absent: models cannot be loaded while the server runs.
  std::function<Task<Result<void>>(std::string name)> load;
  std::function<Task<Result<void>>(std::string name)> unload;

  // Of every call that is answered, and of every request of a stream; null: nobody. It is told HTTP's status for an
  // error, so that both are counted alike.
  telemetry::RequestObserver* observer = nullptr;
  int (*http_status)(ErrorCode code) = nullptr;
};

struct ServerOptions {
  std::string listen = "0.0.0.0:8001";  // address:port, [v6]:port; port 0: a free one
  std::string tls_certificate;          // PEM files, read again when they change; both empty: without TLS
  std::string tls_key;
  std::size_t threads = 1;                     // that speak gRPC; calls are answered on the executors
  std::size_t max_requests = 1024;             // being handled at once; more: UNAVAILABLE
  std::size_t max_message_bytes = 32U << 20U;  // of a request; more: RESOURCE_EXHAUSTED before it is read
  std::size_t max_memory = 256U << 20U;        // of all that has arrived and is not yet a request
  std::size_t max_header_bytes = 16U << 10U;
  std::size_t max_stream_requests = 64;              // of one stream that are not answered yet; more are not read
  std::chrono::milliseconds header_timeout{10'000};  // from a connection's first byte to the end of its handshake
  std::chrono::milliseconds idle_timeout{75'000};    // of a connection without calls
  std::chrono::milliseconds stop_timeout{30'000};    // how long stop() waits for calls in flight
};

class Server {
 public:
  // Binds and listens at once. Calls are answered on the executors in turn, each of which one thread serves; they have
  // work until wait() can return. Throws std::runtime_error, saying what cannot be bound and why.
  Server(ServerOptions options, Application application, const std::vector<boost::asio::any_io_executor>& executors);
  // The executors must still be served, or wait() have returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  Server(Server&&) = delete;
  Server& operator=(Server&&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string address() const;  // "127.0.0.1:8001"

  // Ends it gracefully: no new calls; those in flight are answered, streams answer what they have read; after
  // stop_timeout the rest is cancelled. From any thread; a second call cancels at once. Returns before all have ended.
  void stop();

  // Until stop() has been called and every call has ended. To be called once.
  void wait();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace vidi::grpc
