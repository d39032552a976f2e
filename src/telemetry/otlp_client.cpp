#include "telemetry/otlp_client.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <exception>
#include <optional>

#include "core/task.hpp"

namespace vidi::telemetry {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kCancelInterval{100};
constexpr std::uint64_t kMostAnswer = 64U << 10U;

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

std::chrono::seconds retry_after(std::string_view value) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  return std::chrono::seconds(whole ? std::min(seconds, 300U) : 0U);
}

template <typename Stream>
Task<OtlpAnswer> exchange(Stream& stream, const OtlpEndpoint& endpoint, const std::string& body) {
  http::request<http::string_body> request(http::verb::post, endpoint.target, 11);
  request.set(http::field::host, endpoint.authority);
  request.set(http::field::user_agent, "vidi");
  request.set(http::field::content_type, "application/json");
  request.set(http::field::connection, "close");
  request.body() = body;
  request.prepare_payload();
  co_await http::async_write(stream, request, use_awaitable);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  OtlpAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  const auto after = parser.get()[http::field::retry_after];
  answer.retry_after = retry_after({after.data(), after.size()});
  answer.body = std::move(parser.get().body());
  co_return answer;
}

Task<OtlpAnswer> post(const OtlpEndpoint& endpoint, const std::string& body, milliseconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto addresses = co_await resolver.async_resolve(endpoint.host, endpoint.port, use_awaitable);
  if (!endpoint.tls) {
    beast::tcp_stream stream(executor);
    stream.expires_after(timeout);
    co_await stream.async_connect(addresses, use_awaitable);
    co_return co_await exchange(stream, endpoint, body);
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  beast::ssl_stream<beast::tcp_stream> stream(executor, context);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification(endpoint.host));
  SSL_set_tlsext_host_name(stream.native_handle(), endpoint.host.c_str());
  beast::get_lowest_layer(stream).expires_after(timeout);
  co_await beast::get_lowest_layer(stream).async_connect(addresses, use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return co_await exchange(stream, endpoint, body);
}

}  // namespace

Result<OtlpEndpoint> parse_otlp_endpoint(const std::string& url) {
  const auto wrong =
      fail(ErrorCode::invalid_argument,
           fmt::format("\"{}\" is no address of a collector; expected one such as http://127.0.0.1:4318", url));
  OtlpEndpoint endpoint;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    endpoint.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong;
  }
  if (rest.find_first_of("?#@ \t\r\n") != std::string_view::npos) return wrong;
  const std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  endpoint.authority = authority;
  endpoint.target = std::string(path) + "/v1/traces";

  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  endpoint.host = host;
  endpoint.port = endpoint.tls ? "443" : "80";
  if (colon != std::string_view::npos) endpoint.port = authority.substr(colon + 1);
  if (endpoint.host.empty() || !is_port(endpoint.port)) return wrong;
  return endpoint;
}

Result<OtlpAnswer> post_json(const OtlpEndpoint& endpoint, const std::string& body, milliseconds timeout,
                             const std::function<bool()>& cancelled) {
  std::optional<Result<OtlpAnswer>> result;
  const auto done = [&result](const std::exception_ptr& thrown, OtlpAnswer answer) {
    if (!thrown) {
      result = std::move(answer);
      return;
    }
    try {
      std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      result = fail(ErrorCode::unavailable, error.code().message());
    } catch (const std::exception& error) {
      result = fail(ErrorCode::unavailable, error.what());
    }
  };
  asio::io_context context(1);
  asio::co_spawn(context, post(endpoint, body, timeout), done);
  while (!result && !cancelled()) {
    context.run_for(kCancelInterval);
    if (context.stopped() && !result) context.restart();
  }
  if (!result) return fail(ErrorCode::unavailable, "the server is ending");
  return *result;
}

}  // namespace vidi::telemetry
