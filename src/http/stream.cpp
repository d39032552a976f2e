#include "http/stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <utility>

namespace vidi::http {
namespace {

namespace asio = boost::asio;

iovec to_iovec(std::string_view bytes) {
  // sendmsg does not write to it.
  return {.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};  // NOLINT(*-const-cast)
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

Task<Received> Stream::receive(std::span<char> into, Clock::time_point deadline, Waiting waiting) {
  if (waiting == Waiting::idle && stopped_) co_return receive_now(into);
  deadline_ = deadline;
  idle_ = waiting == Waiting::idle;
  boost::system::error_code error;
  const asio::mutable_buffer buffer(into.data(), into.size());
  Received received;
  received.size = co_await socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  deadline_ = Clock::time_point::max();
  idle_ = false;
  if (!error) {
    received.kind = Received::Kind::data;
  } else if (error == asio::error::operation_aborted) {
    if (waiting == Waiting::idle && stopped_) co_return receive_now(into);
    received.kind = Received::Kind::timed_out;
  } else if (error == asio::error::eof) {
    received.kind = Received::Kind::end;
    at_end_ = true;
  }
  co_return received;
}

Received Stream::receive_now(std::span<char> into) {
  const ssize_t size = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
  if (size > 0) return {.kind = Received::Kind::data, .size = static_cast<std::size_t>(size)};
  return {.kind = Received::Kind::stopped, .size = 0};
}

bool Stream::send_now(std::string_view& first, std::string_view& second) {
  while (!first.empty() || !second.empty()) {
    std::array<iovec, 2> pieces{to_iovec(first), to_iovec(second)};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = second.empty() ? 1 : 2;
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
    const std::size_t of_first = std::min(first.size(), static_cast<std::size_t>(sent));
    first.remove_prefix(of_first);
    second.remove_prefix(static_cast<std::size_t>(sent) - of_first);
  }
  return true;
}

Task<bool> Stream::send(std::string_view first, std::string_view second, Clock::time_point deadline) {
  for (;;) {
    if (!send_now(first, second)) co_return false;
    if (first.empty() && second.empty()) co_return true;
    deadline_ = deadline;
    boost::system::error_code error;
    co_await socket_.async_wait(asio::socket_base::wait_write, asio::redirect_error(asio::use_awaitable, error));
    deadline_ = Clock::time_point::max();
    if (error) co_return false;
  }
}

void Stream::finish_sending() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void Stream::cut() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::socket_base::shutdown_both, ignored);
  socket_.cancel(ignored);
}

void Stream::check_deadline(Clock::time_point now) {
  if (now < deadline_) return;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Stream::stop() {
  stopped_ = true;
  if (!idle_) return;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

}  // namespace vidi::http
