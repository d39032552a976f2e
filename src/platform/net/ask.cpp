#include "net/ask.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include "core/task.hpp"
#include "net/connection.hpp"

namespace vidi::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

constexpr milliseconds kCancelInterval{100};
constexpr std::uint64_t kMostAnswer = 64U << 10U;

std::string text_of(const Url& url, const Question& question) {
  http::request<http::string_body> request;
  request.method_string(question.method);
  request.target(url.target);
  request.set(http::field::host, url.authority);
  request.set(http::field::user_agent, "vidi");
  request.set(http::field::connection, "close");
  if (!question.content_type.empty()) request.set(http::field::content_type, question.content_type);
  request.body() = question.body;
  request.prepare_payload();
  std::ostringstream text;
  text << request;
  return std::move(text).str();
}

Task<Answer> exchange(asio::io_context& executor, const Url& url, const Question& question,
                      std::chrono::steady_clock::time_point deadline) {
  const auto connection = co_await open_connection(executor, url, deadline, question.trust);
  const std::string text = text_of(url, question);
  co_await connection->send(text);
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  while (!parser.is_done()) co_await connection->receive(parser);
  Answer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  answer.retry_after = parser.get()[http::field::retry_after];
  answer.body = std::move(parser.get().body());
  co_return answer;
}

}  // namespace

Result<Answer> ask(const Url& url, const Question& question, milliseconds timeout,
                   const std::function<bool()>& cancelled) {
  std::optional<Answer> answer;
  std::optional<Result<Answer>> result;
  const auto done = [&](const std::exception_ptr& thrown) {
    if (!thrown) {
      result = std::move(*answer);
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
  spawn(context.get_executor(), store_result(exchange(context, url, question, deadline), answer), done);
  while (!result && !cancelled()) {
    context.run_for(kCancelInterval);
    if (context.stopped() && !result) context.restart();
  }
  if (!result) return fail(ErrorCode::unavailable, "given up, since this program is ending");
  return std::move(*result);
}

}  // namespace vidi::net
