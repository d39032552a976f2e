#include "http/listener.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/task.hpp"

namespace vidi::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kMostRefused = 128;         // told at once that there are too many; more are cut off
constexpr std::chrono::milliseconds kPause{100};  // when the process has no file descriptors left

struct HostAndPort {
  std::string host;
  std::string port;
};

// "address:port" or "[v6]:port".
HostAndPort split(std::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw std::runtime_error(fmt::format("Cannot listen on \"{}\": that is not address:port.", listen));
  }
  std::string_view host = listen.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) {
    throw std::runtime_error(fmt::format("Cannot listen on \"{}\": an IPv6 address stands in brackets.", listen));
  }
  return {std::string(host), std::string(listen.substr(colon + 1))};
}

}  // namespace

Listener::Listener(ServerState& state, const std::vector<std::unique_ptr<Worker>>& workers)
    : state_(state), workers_(workers), acceptor_(workers.front()->context()), pause_(workers.front()->context()) {
  open();
}

void Listener::open() {
  const std::string& listen = state_.options.listen;
  const auto [host, port] = split(listen);
  try {
    tcp::resolver resolver(acceptor_.get_executor());
    endpoint_ = resolver.resolve(host, port, tcp::resolver::passive).begin()->endpoint();
    acceptor_.open(endpoint_.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint_);
    acceptor_.listen(asio::socket_base::max_listen_connections);
    acceptor_.native_non_blocking(true);
    endpoint_ = acceptor_.local_endpoint();
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(fmt::format("Cannot listen on \"{}\": {}.", listen, error.code().message()));
  }
}

void Listener::start() { spawn(acceptor_.get_executor(), accept_clients()); }

// Who has connected already is served: the connections that the system holds back are taken too.
void Listener::stop() {
  while (acceptor_.is_open() && accept_one()) {
  }
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

Task<void> Listener::accept_clients() {
  boost::system::error_code error;
  while (acceptor_.is_open()) {
    co_await acceptor_.async_wait(asio::socket_base::wait_read, asio::redirect_error(asio::use_awaitable, error));
    while (acceptor_.is_open() && accept_one()) {
    }
    if (!acceptor_.is_open() || (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)) continue;
    spdlog::error("cannot accept a connection: {}", std::generic_category().message(errno));
    pause_.expires_after(kPause);
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

bool Listener::accept_one() {
  tcp::endpoint peer;
  auto size = static_cast<socklen_t>(peer.capacity());
  const int descriptor = ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) return errno == ECONNABORTED || errno == EINTR;
  peer.resize(size);
  AcceptedSocket socket(descriptor, peer);
  if (state_.connections.fetch_add(1) < state_.options.max_connections) {
    least_loaded().adopt(std::move(socket), Worker::Purpose::serve);
    return true;
  }
  --state_.connections;
  if (state_.refusing.fetch_add(1) < kMostRefused) {
    least_loaded().adopt(std::move(socket), Worker::Purpose::refuse);
  } else {
    --state_.refusing;
  }
  return true;
}

Worker& Listener::least_loaded() {
  std::size_t best = next_;
  for (std::size_t i = 1; i < workers_.size(); ++i) {
    const std::size_t candidate = (next_ + i) % workers_.size();
    if (workers_[candidate]->load() < workers_[best]->load()) best = candidate;
  }
  next_ = (best + 1) % workers_.size();
  return *workers_[best];
}

}  // namespace vidi::http
