#include "http_client/client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "core/task.hpp"

namespace vidi::http_client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr milliseconds kCancelInterval{100};
constexpr std::uint64_t kMostAnswer = 64U << 10U;

template <typename Stream>
Task<Answer> exchange(Stream& stream, const Origin& origin, const Question& question) {
  http::request<http::string_body> request;
  request.method_string(question.method);
  request.target(question.target);
  request.set(http::field::host, origin.authority);
  request.set(http::field::user_agent, "vidi");
  request.set(http::field::connection, "close");
  if (!question.content_type.empty()) request.set(http::field::content_type, question.content_type);
  request.body() = question.body;
  request.prepare_payload();
  co_await http::async_write(stream, request, use_awaitable);

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  Answer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.retry_after = parser.get()[http::field::retry_after];
  answer.body = std::move(parser.get().body());
  co_return answer;
}

Task<Answer> connect_and_exchange(const Origin& origin, const Question& question, milliseconds timeout) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto addresses = co_await resolver.async_resolve(origin.host, origin.port, use_awaitable);
  if (origin.scheme == Origin::Scheme::http) {
    beast::tcp_stream stream(executor);
    stream.expires_after(timeout);
    co_await stream.async_connect(addresses, use_awaitable);
    co_return co_await exchange(stream, origin, question);
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  beast::ssl_stream<beast::tcp_stream> stream(executor, context);
  if (origin.scheme == Origin::Scheme::https) {
    stream.set_verify_mode(asio::ssl::verify_peer);
    stream.set_verify_callback(asio::ssl::host_name_verification(origin.host));
  }
  SSL_set_tlsext_host_name(stream.native_handle(), origin.host.c_str());
  beast::get_lowest_layer(stream).expires_after(timeout);
  co_await beast::get_lowest_layer(stream).async_connect(addresses, use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, use_awaitable);
  co_return co_await exchange(stream, origin, question);
}

}  // namespace

Result<Answer> ask(const Origin& origin, const Question& question, milliseconds timeout,
                   const std::function<bool()>& cancelled) {
  std::optional<Result<Answer>> result;
  const auto done = [&result](const std::exception_ptr& thrown, Answer answer) {
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
  asio::co_spawn(context, connect_and_exchange(origin, question, timeout), done);
  while (!result && !cancelled()) {
    context.run_for(kCancelInterval);
    if (context.stopped() && !result) context.restart();
  }
  if (!result) return fail(ErrorCode::unavailable, "given up, since this program is ending");
  return std::move(*result);
}

}  // namespace vidi::http_client
