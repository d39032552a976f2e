#include "net/ask.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "core/task.hpp"
#include "net/connection.hpp"

namespace vidi::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::use_awaitable;
using std::chrono::milliseconds;

constexpr milliseconds kCancelInterval{100};
constexpr std::uint64_t kMostAnswer = 64U << 10U;

template <typename Stream>
Task<Answer> exchange(Stream& stream, beast::flat_buffer& buffer, const Url& url, const Question& question) {
  http::request<http::string_body> request;
  request.method_string(question.method);
  request.target(url.target);
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "vidi");
  request.set(http::field::connection, "close");
  if (!question.content_type.empty()) request.set(http::field::content_type, question.content_type);
  request.body() = question.body;
  request.prepare_payload();
  co_await http::async_write(stream, request, use_awaitable);

  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  co_await http::async_read(stream, buffer, parser, use_awaitable);
  Answer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.retry_after = parser.get()[http::field::retry_after];
  answer.body = std::move(parser.get().body());
  co_return answer;
}

Task<Answer> connect_and_exchange(asio::io_context& executor, const Url& url, const Question& question,
                                  std::chrono::steady_clock::time_point deadline) {
  const auto connection = co_await open_connection(executor, url, deadline, question.trust);
  co_return co_await std::visit([&](auto& stream) { return exchange(stream, connection->buffer, url, question); },
                                connection->stream);
}

}  // namespace

Result<Answer> ask(const Url& url, const Question& question, milliseconds timeout,
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
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  asio::co_spawn(context, connect_and_exchange(context, url, question, deadline), done);
  while (!result && !cancelled()) {
    context.run_for(kCancelInterval);
    if (context.stopped() && !result) context.restart();
  }
  if (!result) return fail(ErrorCode::unavailable, "given up, since this program is ending");
  return std::move(*result);
}

}  // namespace vidi::net
