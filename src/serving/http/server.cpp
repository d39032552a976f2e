#include "http/server.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "http/listener.hpp"

namespace vidi::http {

class Server::Implementation {
 public:
  Implementation(ServerOptions options, Router router, ErrorPage error_page)
      : state_{.options = std::move(options), .router = std::move(router), .error_page = std::move(error_page)},
        workers_(make_workers(state_)),
        listener_(state_, workers_) {
    if (const auto loaded = reload_certificate(); !loaded) throw std::runtime_error(loaded.error().message);
    listener_.start();
  }

  void run() {
    std::vector<std::jthread> threads;
    threads.reserve(workers_.size() - 1);
    for (std::size_t i = 1; i < workers_.size(); ++i) {
      threads.emplace_back([worker = workers_[i].get()] { worker->run(); });
    }
    workers_.front()->run();
  }

  void leave() { state_.leaving = true; }

  void stop() {
    leave();
    const bool first = !stopping_.exchange(true);
    // On the listener's thread, so that no connection is dealt out to a worker that has ended.
    boost::asio::post(workers_.front()->context(), [this, first] {
      listener_.stop();
      for (const auto& worker : workers_) first ? worker->stop() : worker->cut();
    });
  }

  Result<void> reload_certificate() {
    const ServerOptions& options = state_.options;
    if (options.tls_certificate.empty() != options.tls_key.empty()) {
      return fail(ErrorCode::invalid_argument, "tls-certificate and tls-key belong together: give both or neither");
    }
    if (options.tls_certificate.empty()) return {};
    auto loaded = TlsCertificate::load(options.tls_certificate, options.tls_key);
    if (!loaded) return forward_error(loaded);
    const Timestamp end = (*loaded)->valid_until();
    spdlog::log(end > now() ? spdlog::level::info : spdlog::level::warn, "the certificate {} is valid until {}",
                options.tls_certificate, to_string(end));
    state_.certificate.set(std::move(*loaded));
    return {};
  }

  [[nodiscard]] bool stopping() const { return state_.leaving; }
  [[nodiscard]] Load load() const { return {.connections = state_.connections, .requests = state_.requests}; }
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return listener_.endpoint(); }

  [[nodiscard]] std::vector<boost::asio::any_io_executor> executors() const {
    std::vector<boost::asio::any_io_executor> executors;
    for (const auto& worker : workers_) executors.emplace_back(worker->context().get_executor());
    return executors;
  }

 private:
  static std::vector<std::unique_ptr<Worker>> make_workers(ServerState& state) {
    const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t count = state.options.threads > 0 ? state.options.threads : processors;
    std::vector<std::unique_ptr<Worker>> workers;
    workers.reserve(count);
    for (std::size_t i = 0; i < count; ++i) workers.push_back(std::make_unique<Worker>(state));
    return workers;
  }

  ServerState state_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Listener listener_;
  std::atomic<bool> stopping_ = false;
};

Server::Server(ServerOptions options, Router router, ErrorPage error_page)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(router), std::move(error_page))) {}

Server::~Server() = default;

std::uint16_t Server::port() const { return implementation_->endpoint().port(); }

std::string Server::address() const {
  const auto endpoint = implementation_->endpoint();
  const std::string address = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, endpoint.port());
}

std::vector<boost::asio::any_io_executor> Server::executors() const { return implementation_->executors(); }

void Server::run() { implementation_->run(); }

void Server::leave() { implementation_->leave(); }

void Server::stop() { implementation_->stop(); }

Result<void> Server::reload_certificate() { return implementation_->reload_certificate(); }
Server::Load Server::load() const { return implementation_->load(); }

bool Server::stopping() const { return implementation_->stopping(); }

}  // namespace vidi::http
