#include "net/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http.hpp>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "net/connection.hpp"
#include "net/url.hpp"

namespace vidi::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using Parser = http::response_parser<http::buffer_body>;

constexpr int kMostRedirects = 5;
constexpr std::chrono::seconds kConnectTime{20};
constexpr std::size_t kStep = std::size_t{256} << 10U;

// What one request came to, besides the bytes that were taken.
struct Outcome {
  std::string redirect;  // not empty: ask there
  bool can_go_on = false;
  bool began = false;  // an answer began to arrive
};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Error explain_status(const Parser& parser, const std::string& url) {
  const unsigned status = parser.get().result_int();
  Error error{ErrorCode::invalid_argument, fmt::format("{} was answered with {}", without_query(url), status)};
  if (status == 404 || status == 410) error.code = ErrorCode::not_found;
  if (status == 401 || status == 403) error.code = ErrorCode::forbidden;
  if (status == 416) error.code = ErrorCode::conflict;
  if (status == 408 || status == 429 || status >= 500) {
    error.code = ErrorCode::unavailable;
    // A date, which it may also be, counts as not known; a day is long enough.
    const std::string_view after = parser.get()[http::field::retry_after];
    error.retry_after = std::chrono::seconds(std::min<std::uint64_t>(number_of(after), 86'400));
  }
  return error;
}

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Whether the answer goes on where the request said.
bool begins_at(const Parser& parser, std::uint64_t from) {
  if (from == 0) return parser.get().result_int() == 200;
  const std::string_view range = parser.get()[http::field::content_range];
  return parser.get().result_int() == 206 && range.starts_with(fmt::format("bytes {}-", from));
}

// Asks one URL over one connection.
class Exchange {
 public:
  Exchange(const Transfer& transfer, Connection& connection, Clock::time_point deadline)
      : transfer_(transfer), connection_(connection), deadline_(deadline) {}

  Task<Result<void>> run(const Url& url) {
    http::request<http::empty_body> request(http::verb::get, url.target, 11);
    request.set(http::field::host, url.authority);
    request.set(http::field::user_agent, "vidi");
    if (transfer_.from > 0) request.set(http::field::range, fmt::format("bytes={}-", transfer_.from));
    be_patient();
    std::ostringstream text;
    text << request;
    const std::string head = std::move(text).str();
    co_await connection_.send(head);
    Parser parser;
    parser.body_limit(boost::none);
    while (!parser.is_header_done()) co_await connection_.receive(parser);
    outcome.began = true;
    const unsigned status = parser.get().result_int();
    if (is_redirect(status)) outcome.redirect = parser.get()[http::field::location];
    if (!outcome.redirect.empty()) co_return Result<void>{};
    if (status < 200 || status >= 300) co_return std::unexpected(explain_status(parser, transfer_.url));
    if (!begins_at(parser, transfer_.from)) {
      co_return fail(ErrorCode::conflict, fmt::format("{} cannot be gone on with", without_query(transfer_.url)));
    }
    const std::uint64_t most = transfer_.max_bytes - transfer_.from;
    const std::uint64_t length = parser.content_length().value_or(0);
    if (length > most) co_return too_large();
    std::vector<char> bytes(kStep);
    for (std::uint64_t taken = 0; !parser.is_done();) {
      parser.get().body().data = bytes.data();
      parser.get().body().size = bytes.size();
      be_patient();
      co_await connection_.receive(parser);
      const std::size_t count = bytes.size() - parser.get().body().size;
      if (count == 0) continue;
      taken += count;
      if (taken > most) co_return too_large();
      auto done = transfer_.take(as_bytes({bytes.data(), count}));
      if (!done) co_return done;
      if (transfer_.progress) transfer_.progress(transfer_.from + taken, length > 0 ? transfer_.from + length : 0);
    }
    outcome.can_go_on = parser.keep_alive();
    co_return Result<void>{};
  }

  Outcome outcome;

 private:
  [[nodiscard]] std::unexpected<Error> too_large() const {
    return fail(ErrorCode::too_large,
                fmt::format("{} has more than {} bytes", without_query(transfer_.url), transfer_.max_bytes));
  }

  // Until the next of the answer.
  void be_patient() { connection_.lowest().expires_at(std::min(deadline_, Clock::now() + transfer_.patience)); }

  const Transfer& transfer_;
  Connection& connection_;
  Clock::time_point deadline_;
};

// What a thread keeps from one transfer to the next.
struct ThreadState {
  asio::io_context executor{1};
  std::unique_ptr<Connection> idle;
};

ThreadState& thread_state() {
  thread_local ThreadState state;
  return state;
}

Task<Result<void>> ask(ThreadState& state, const Transfer& transfer, Url url) {
  const Clock::time_point deadline =
      transfer.timeout.count() > 0 ? Clock::now() + transfer.timeout : Clock::time_point::max();
  for (int redirects = 0; redirects <= kMostRedirects;) {
    std::unique_ptr<Connection> connection = std::exchange(state.idle, nullptr);
    const bool is_reused = connection && connection->url.has_origin_of(url);
    if (!is_reused) {
      const Clock::time_point until = std::min(deadline, Clock::now() + kConnectTime);
      connection = co_await open_connection(state.executor, url, until);
    }
    Exchange exchange(transfer, *connection, deadline);
    Result<void> done;
    std::exception_ptr thrown;
    try {
      done = co_await exchange.run(url);
    } catch (const boost::system::system_error&) {
      thrown = std::current_exception();
    }
    // The server may have hung up while the connection was idle.
    if (thrown && is_reused && !exchange.outcome.began) continue;
    if (thrown) std::rethrow_exception(thrown);
    if (!done) co_return done;
    if (exchange.outcome.redirect.empty()) {
      connection->lowest().expires_never();
      if (exchange.outcome.can_go_on) state.idle = std::move(connection);
      co_return done;
    }
    auto next = follow(url, exchange.outcome.redirect);
    if (!next) co_return forward_error(next);
    if (url.is_secure && !next->is_secure) {
      co_return fail(ErrorCode::invalid_argument,
                     fmt::format("{} leads from HTTPS to HTTP", without_query(transfer.url)));
    }
    url = std::move(*next);
    ++redirects;
  }
  co_return fail(ErrorCode::invalid_argument,
                 fmt::format("{} leads to over {} other addresses", without_query(transfer.url), kMostRedirects));
}

Error explain(const boost::system::error_code& error, const Transfer& transfer) {
  const std::string url = without_query(transfer.url);
  // A name that takes too long is not waited for any more.
  if (error == beast::error::timeout || error == asio::error::operation_aborted) {
    return {ErrorCode::deadline_exceeded, fmt::format("{} did not come in time", url)};
  }
  return {ErrorCode::unavailable, fmt::format("{} cannot be reached: {}", url, error.message())};
}

}  // namespace

Result<void> transfer(const Transfer& transfer) {
  if (transfer.from > transfer.max_bytes) {
    return fail(ErrorCode::too_large,
                fmt::format("{} has more than {} bytes", without_query(transfer.url), transfer.max_bytes));
  }
  auto url = parse_url(transfer.url);
  if (!url) return forward_error(url);
  ThreadState& state = thread_state();
  std::optional<Result<void>> done;
  Result<void> result = fail(ErrorCode::internal, "the download did not end");
  const auto finish = [&](const std::exception_ptr& thrown) {
    if (!thrown) {
      result = std::move(*done);
      return;
    }
    try {
      std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      result = std::unexpected(explain(error.code(), transfer));
    } catch (const std::exception& error) {
      result = fail(ErrorCode::internal, error.what());
    }
  };
  spawn(state.executor.get_executor(), store_result(ask(state, transfer, std::move(*url)), done), finish);
  state.executor.restart();
  state.executor.run();
  return result;
}

}  // namespace vidi::net
