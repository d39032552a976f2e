#include "grpc/listen_address.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <string_view>

namespace vidi::grpc {
namespace {

using boost::asio::ip::tcp;

std::runtime_error refusal(std::string_view listen, std::string_view reason) {
  return std::runtime_error(
      fmt::format("Cannot listen for gRPC on \"{}\": {}. The setting grpc-listen takes another address:port, or off.",
                  listen, reason));
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, endpoint.port());
}

}  // namespace

std::string check_listen_address(const std::string& listen) {
  const std::string_view text(listen);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) throw refusal(listen, "that is not address:port");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string_view::npos) {
    throw refusal(listen, "an IPv6 address stands in brackets");
  }
  try {
    boost::asio::io_context context(1);
    tcp::resolver resolver(context);
    const tcp::endpoint endpoint =
        resolver.resolve(host, text.substr(colon + 1), tcp::resolver::passive).begin()->endpoint();
    // With the option that reuses an address whose connections are closing, and closed at once.
    const tcp::acceptor probe(context, endpoint);
    return to_text(endpoint);
  } catch (const boost::system::system_error& error) {
    throw refusal(listen, error.code().message());
  }
}

}  // namespace vidi::grpc
