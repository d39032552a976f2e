#include "http/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
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

  void stop() {
    const bool first = !stopping_.exchange(true);
    // On the listener's thread, so that no connection is dealt out to a worker that has ended.
    boost::asio::post(workers_.front()->context(), [this, first] {
      listener_.stop();
      for (const auto& worker : workers_) first ? worker->stop() : worker->cut();
    });
  }

  [[nodiscard]] bool stopping() const { return stopping_; }
  [[nodiscard]] Load load() const { return {.connections = state_.connections, .requests = state_.requests}; }
  [[nodiscard]] boost::asio::ip::tcp::endpoint endpoint() const { return listener_.endpoint(); }

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

void Server::run() { implementation_->run(); }

void Server::stop() { implementation_->stop(); }

Server::Load Server::load() const { return implementation_->load(); }

bool Server::stopping() const { return implementation_->stopping(); }

}  // namespace vidi::http
