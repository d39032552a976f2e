#include "net/connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace vidi::net {
namespace {

namespace asio = boost::asio;
using asio::use_awaitable;
using asio::ip::tcp;

// The authorities take long to read, so once for all connections.
asio::ssl::context& tls_context() {
  static asio::ssl::context context = [] {
    asio::ssl::context made(asio::ssl::context::tls_client);
    made.set_default_verify_paths();
    made.set_verify_mode(asio::ssl::verify_peer);
    return made;
  }();
  return context;
}

std::variant<Connection::Plain, Connection::Secure> make_stream(asio::io_context& executor, bool is_secure) {
  using Stream = std::variant<Connection::Plain, Connection::Secure>;
  if (is_secure) return Stream(std::in_place_type<Connection::Secure>, executor, tls_context());
  return Stream(std::in_place_type<Connection::Plain>, executor);
}

// Beast's deadlines are not for names: a timer ends the wait for one.
Task<tcp::resolver::results_type> resolve(asio::io_context& executor, const Url& url,
                                          std::chrono::steady_clock::time_point deadline) {
  const auto resolver = std::make_shared<tcp::resolver>(executor);
  asio::steady_timer timer(executor, deadline);
  timer.async_wait([resolver](const boost::system::error_code& error) {
    if (!error) resolver->cancel();
  });
  auto addresses = co_await resolver->async_resolve(url.host, url.port, use_awaitable);
  timer.cancel();
  co_return addresses;
}

}  // namespace

Connection::Connection(asio::io_context& executor, Url origin)
    : url(std::move(origin)), stream(make_stream(executor, url.is_secure)) {}

Task<std::unique_ptr<Connection>> open_connection(asio::io_context& executor, const Url& url,
                                                  std::chrono::steady_clock::time_point deadline, Trust trust) {
  auto connection = std::make_unique<Connection>(executor, url);
  const auto addresses = co_await resolve(executor, url, deadline);
  connection->lowest().expires_at(deadline);
  co_await connection->lowest().async_connect(addresses, use_awaitable);
  connection->lowest().socket().set_option(tcp::no_delay(true));
  if (auto* secure = std::get_if<Connection::Secure>(&connection->stream)) {
    if (trust == Trust::anybody) {
      secure->set_verify_mode(asio::ssl::verify_none);
    } else {
      secure->set_verify_callback(asio::ssl::host_name_verification(url.host));
    }
    SSL_set_tlsext_host_name(secure->native_handle(), url.host.c_str());
    co_await secure->async_handshake(asio::ssl::stream_base::client, use_awaitable);
  }
  co_return connection;
}

}  // namespace vidi::net
