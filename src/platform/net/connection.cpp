#include "net/connection.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>

namespace vidi::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using boost::system::system_error;

constexpr std::size_t kReadAtOnce = std::size_t{64} << 10U;

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

// By the parser itself, since Beast's operations on streams take the compiler ten times as long.
Task<void> Connection::send(std::string_view bytes) {
  const asio::const_buffer all(bytes.data(), bytes.size());
  if (auto* secure = std::get_if<Secure>(&stream)) {
    co_await asio::async_write(*secure, all, use_awaitable);
  } else {
    co_await asio::async_write(std::get<Plain>(stream), all, use_awaitable);
  }
}

Task<std::size_t> Connection::read_some(asio::mutable_buffer into, error_code& error) {
  auto token = asio::redirect_error(use_awaitable, error);
  if (auto* secure = std::get_if<Secure>(&stream)) co_return co_await secure->async_read_some(into, token);
  co_return co_await std::get<Plain>(stream).async_read_some(into, token);
}

Task<void> Connection::receive(http::basic_parser<false>& parser) {
  error_code error = http::error::need_more;
  if (buffer.size() > 0) buffer.consume(parser.put(buffer.data(), error));
  while (error == http::error::need_more) {
    error.clear();
    buffer.commit(co_await read_some(buffer.prepare(kReadAtOnce), error));
    if (error == asio::error::eof && parser.got_some()) {
      parser.put_eof(error);
    } else if (!error) {
      buffer.consume(parser.put(buffer.data(), error));
    }
  }
  if (error == asio::error::eof) error = http::error::end_of_stream;
  if (error && error != http::error::need_buffer) throw system_error(error);
}

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
