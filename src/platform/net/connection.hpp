#pragma once
// A connection to a server of HTTP or HTTPS, over which one request after the other goes. For the other files of this
// folder.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/ssl.hpp>
#include <chrono>
#include <memory>
#include <string_view>
#include <variant>

#include "core/task.hpp"
#include "net/url.hpp"

namespace vidi::net {

// One thread. What it waits for runs on the io_context.
struct Connection {
  using Plain = boost::beast::tcp_stream;
  using Secure = boost::beast::ssl_stream<boost::beast::tcp_stream>;

  Connection(boost::asio::io_context& executor, Url origin);

  // Sends all of it. Throws boost::system::system_error.
  Task<void> send(std::string_view bytes);

  // Gives the parser what was read, and reads on until it has taken some of it: of the answer's head all that it needs,
  // of the body any. Not for a parser that is done. A body that is full (need_buffer) is no error. Throws
  // boost::system::system_error.
  Task<void> receive(boost::beast::http::basic_parser<false>& parser);

  // For deadlines.
  boost::beast::tcp_stream& lowest() {
    return std::visit([](auto& each) -> Plain& { return lowest_of(each); }, stream);
  }

  Url url;
  std::variant<Plain, Secure> stream;
  boost::beast::flat_buffer buffer;  // what was read and not used yet

 private:
  Task<std::size_t> read_some(boost::asio::mutable_buffer into, boost::system::error_code& error);

  static Plain& lowest_of(Plain& plain) { return plain; }
  static Plain& lowest_of(Secure& secure) { return boost::beast::get_lowest_layer(secure); }
};

// Resolves, connects and, for HTTPS, shakes hands: with a certificate for that host that an authority of this machine
// vouches for (OpenSSL's own places, or SSL_CERT_FILE and SSL_CERT_DIR), or with anybody. Whatever is done over the
// connection ends at `deadline`, until another is set. Throws boost::system::system_error.
Task<std::unique_ptr<Connection>> open_connection(boost::asio::io_context& executor, const Url& url,
                                                  std::chrono::steady_clock::time_point deadline,
                                                  Trust trust = Trust::authorities);

}  // namespace vidi::net
