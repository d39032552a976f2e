#include "grpc/server.hpp"

#include <fmt/format.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>
#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#include "grpc/event.hpp"
#include "grpc/listen_address.hpp"
#include "grpc/server_state.hpp"

namespace vidi::grpc {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kDrainPause{5};  // between looks at whether all is answered
constexpr unsigned kCertificateSeconds = 1;          // between looks at whether the certificate has changed
constexpr int kQuietPauses = 10;

// What gRPC logs goes where everything goes.
void log_message(gpr_log_func_args* message) {
  const auto level = message->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::warn : spdlog::level::debug;
  spdlog::log(level, "gRPC: {}", message->message);
}

int as_argument(std::chrono::milliseconds time) {
  return static_cast<int>(std::min<std::int64_t>(time.count(), std::numeric_limits<int>::max()));
}

int as_argument(std::size_t count) {
  return static_cast<int>(std::min<std::size_t>(count, std::numeric_limits<int>::max()));
}

void set_limits(::grpc::ServerBuilder& builder, const ServerOptions& options) {
  builder.SetMaxReceiveMessageSize(as_argument(options.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, as_argument(options.max_header_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, as_argument(options.max_requests));
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, as_argument(options.header_timeout));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, as_argument(options.idle_timeout));
  // gRPC would inflate a message whole before it looks at its size: 32 MiB may become 32 GiB.
  for (const auto algorithm : {GRPC_COMPRESS_DEFLATE, GRPC_COMPRESS_GZIP}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  // Otherwise a second server would share the port without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, Application application, const std::vector<asio::any_io_executor>& executors)
      : state_{.options = std::move(options), .application = std::move(application)} {
    for (const auto& executor : executors) {
      state_.executors.push_back(asio::prefer(executor, asio::execution::outstanding_work.tracked));
    }
    gpr_set_log_function(&log_message);
    start(check_listen_address(state_.options.listen));
    for (const auto& queue : queues_) {
      accept_inference(state_, *queue);
      accept_streams(state_, *queue);
      accept_health(state_, *queue);
      pollers_.emplace_back([&queue = *queue] { poll(queue); });
    }
  }

  ~Implementation() {
    stop();
    wait();
  }

  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  Implementation(Implementation&&) = delete;
  Implementation& operator=(Implementation&&) = delete;

  [[nodiscard]] std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }
  [[nodiscard]] std::string address() const { return fmt::format("{}:{}", host_, port_); }

  void stop() {
    if (state_.stopping.exchange(true)) {
      hurry_ = true;
      if (shutting_down_) grpc_server_cancel_all_calls(server_->c_server());
      return;
    }
    state_.long_calls.stop();
    const auto deadline = std::chrono::system_clock::now() + state_.options.stop_timeout;
    stopper_ = std::jthread([this, deadline] { shut_down(deadline); });
    started_.store(true);
    started_.notify_all();
  }

  void wait() {
    started_.wait(false);
    if (stopper_.joinable()) stopper_.join();
  }

 private:
  void start(const std::string& address) {
    host_ = address.substr(0, address.rfind(':'));
    ::grpc::ServerBuilder builder;
    builder.AddListeningPort(address, credentials(), &port_);
    builder.RegisterService(&state_.service);
    builder.RegisterService(&state_.health);
    set_limits(builder, state_.options);
    for (std::size_t i = 0; i < std::max<std::size_t>(1, state_.options.threads); ++i) {
      queues_.push_back(builder.AddCompletionQueue());
    }
    ::grpc::ResourceQuota quota("vidi");
    quota.Resize(state_.options.max_memory);
    builder.SetResourceQuota(quota);
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0) {
      throw std::runtime_error(fmt::format("Cannot listen for gRPC on \"{}\".", state_.options.listen));
    }
  }

  [[nodiscard]] std::shared_ptr<::grpc::ServerCredentials> credentials() const {
    namespace experimental = ::grpc::experimental;
    const ServerOptions& options = state_.options;
    if (options.tls_certificate.empty()) return ::grpc::InsecureServerCredentials();
    experimental::TlsServerCredentialsOptions tls(std::make_shared<experimental::FileWatcherCertificateProvider>(
        options.tls_key, options.tls_certificate, kCertificateSeconds));
    tls.watch_identity_key_cert_pairs();
    return experimental::TlsServerCredentials(tls);
  }

  static void poll(::grpc::ServerCompletionQueue& queue) {
    void* event = nullptr;
    for (bool ok = false; queue.Next(&event, &ok);) static_cast<Event*>(event)->happen(ok);
  }

  // gRPC resets what arrives while it shuts down, and a client does not know whether it may repeat that. So all is
  // answered first, and what comes meanwhile is refused, until clients have seen that.
  void shut_down(std::chrono::system_clock::time_point deadline) {
    std::size_t arrived = state_.arrivals;
    for (int quiet = 0; quiet < kQuietPauses && !hurry_ && std::chrono::system_clock::now() < deadline;) {
      std::this_thread::sleep_for(kDrainPause);
      const std::size_t before = std::exchange(arrived, state_.arrivals);
      quiet = state_.requests == 0 && before == arrived ? quiet + 1 : 0;
    }
    shutting_down_ = true;
    server_->Shutdown(hurry_ ? std::chrono::system_clock::now() : deadline);
    for (const auto& queue : queues_) queue->Shutdown();
    pollers_.clear();
    state_.executors.clear();
  }

  ServerState state_;
  std::string host_;
  int port_ = 0;
  std::vector<std::unique_ptr<::grpc::ServerCompletionQueue>> queues_;
  std::unique_ptr<::grpc::Server> server_;
  std::atomic<bool> hurry_ = false;
  std::atomic<bool> shutting_down_ = false;
  std::atomic<bool> started_ = false;  // the stopper
  std::vector<std::jthread> pollers_;
  std::jthread stopper_;
};

Server::Server(ServerOptions options, Application application, const std::vector<asio::any_io_executor>& executors)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(application), executors)) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return implementation_->port(); }

std::string Server::address() const { return implementation_->address(); }

void Server::stop() { implementation_->stop(); }

void Server::wait() { implementation_->wait(); }

}  // namespace vidi::grpc
