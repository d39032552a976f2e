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

asio::socket_base::wait_type wait_of(TlsSession::State state) {
  return state == TlsSession::State::needs_write ? asio::socket_base::wait_write : asio::socket_base::wait_read;
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket) : socket_(std::move(socket)) {}

Task<Stream::Handshake> Stream::start_tls(const TlsCertificate& certificate, Clock::duration first,
                                          Clock::duration rest) {
  // After stop() whoever has sent something is served still.
  if (!stopped_) co_await wait(asio::socket_base::wait_read, Clock::now() + first, WaitKind::between_exchanges);
  char byte = 0;
  if (::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 1) co_return Handshake::failed;
  // A method begins with a capital letter, TLS with 22 (RFC 8446, 5.1).
  if (byte >= 'A' && byte <= 'Z') co_return Handshake::plain;
  tls_ = std::make_unique<TlsSession>(certificate, socket_.native_handle());
  const Clock::time_point deadline = Clock::now() + rest;
  for (;;) {
    const TlsSession::State state = tls_->shake_hands().state;
    if (state == TlsSession::State::done) co_return Handshake::done;
    if (state != TlsSession::State::needs_read && state != TlsSession::State::needs_write) break;
    const auto error = co_await wait(wait_of(state), deadline, WaitKind::in_exchange);
    if (error) break;
  }
  co_return Handshake::failed;
}

Task<Received> Stream::receive(std::span<char> into, Clock::time_point deadline, WaitKind kind) {
  if (tls_) co_return co_await receive_encrypted(into, deadline, kind);
  if (kind == WaitKind::between_exchanges && stopped_) co_return receive_now(into);
  deadline_ = deadline;
  idle_ = kind == WaitKind::between_exchanges;
  boost::system::error_code error;
  const asio::mutable_buffer buffer(into.data(), into.size());
  Received received;
  received.size = co_await socket_.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  deadline_ = Clock::time_point::max();
  idle_ = false;
  if (!error) {
    received.kind = Received::Kind::data;
  } else if (error == asio::error::operation_aborted) {
    if (kind == WaitKind::between_exchanges && stopped_) co_return receive_now(into);
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

Task<Received> Stream::receive_encrypted(std::span<char> into, Clock::time_point deadline, WaitKind kind) {
  for (;;) {
    const TlsSession::Progress read = tls_->read(into);
    switch (read.state) {
      case TlsSession::State::done: {
        const Received data{.kind = Received::Kind::data, .size = read.size};
        co_return data;
      }
      case TlsSession::State::ended: {
        at_end_ = true;
        const Received end{.kind = Received::Kind::end, .size = 0};
        co_return end;
      }
      case TlsSession::State::failed:
        co_return Received();
      case TlsSession::State::needs_read:
      case TlsSession::State::needs_write:
        break;
    }
    const bool may_stop = kind == WaitKind::between_exchanges;
    Received none{.kind = Received::Kind::stopped, .size = 0};
    if (may_stop && stopped_) co_return none;
    const auto error = co_await wait(wait_of(read.state), deadline, kind);
    if (!error || (may_stop && stopped_)) continue;
    none.kind = error == asio::error::operation_aborted ? Received::Kind::timed_out : Received::Kind::failed;
    co_return none;
  }
}

bool Stream::send_encrypted_now(std::string_view& bytes) {
  while (!bytes.empty()) {
    const TlsSession::Progress written = tls_->write(bytes);
    if (written.state == TlsSession::State::needs_write) return true;
    if (written.state != TlsSession::State::done) return false;
    bytes.remove_prefix(written.size);
  }
  return true;
}

Task<boost::system::error_code> Stream::wait(asio::socket_base::wait_type what, Clock::time_point deadline,
                                             WaitKind kind) {
  deadline_ = deadline;
  idle_ = kind == WaitKind::between_exchanges;
  boost::system::error_code error;
  co_await socket_.async_wait(what, asio::redirect_error(asio::use_awaitable, error));
  deadline_ = Clock::time_point::max();
  idle_ = false;
  co_return error;
}

bool Stream::send_now(std::string_view& first, std::string_view& second) {
  if (tls_) return send_encrypted_now(first) && (!first.empty() || send_encrypted_now(second));
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
    const auto error = co_await wait(asio::socket_base::wait_write, deadline, WaitKind::in_exchange);
    if (error) co_return false;
  }
}

void Stream::finish_sending() {
  if (tls_) tls_->finish_sending();
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
