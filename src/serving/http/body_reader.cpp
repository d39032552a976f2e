#include "http/body_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace vidi::http {
namespace {

constexpr std::size_t kLargeCapacity = 64U << 10U;
constexpr std::size_t kSmallestRoom = 4096;  // less is not worth a call to the kernel
constexpr std::uint64_t kMostDrained = 64U << 10U;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

BodyReader::BodyReader(Stream& stream, InputBuffer& input, const ServerOptions& options)
    : stream_(stream), input_(input), options_(options) {}

void BodyReader::start(const RequestHead& head, RequestParser& parser) {
  parser_ = &parser;
  large_.reset();
  failure_.reset();
  deadline_.reset();
  head_end_ = input_.position();
  chunked_ = head.chunked;
  size_ = head.chunked ? std::nullopt : std::optional(head.content_length.value_or(0));
  remaining_ = size_.value_or(options_.max_body_bytes);
  expected_ = remaining_;
  done_ = size_ == 0;
  end_.reset();
  send_continue_ = head.expects_continue && !done_;
}

Task<Result<ByteView>> BodyReader::read() {
  while (!failure_) {
    auto piece = take();
    if (!piece) {
      failure_ = piece.error();
      break;
    }
    const std::optional<std::string_view>& bytes = *piece;
    if (done_ && !end_) end_ = Clock::now();
    if (bytes) co_return as_bytes(*bytes);
    failure_ = co_await receive();
  }
  co_return std::unexpected(*failure_);
}

Result<std::optional<std::string_view>> BodyReader::take() {
  if (done_) return std::string_view();
  if (chunked_) return take_chunk();
  const std::string_view available = source().available();
  const std::string_view piece =
      available.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, available.size())));
  if (piece.empty()) return std::nullopt;
  source().consume(piece.size());
  remaining_ -= piece.size();
  done_ = remaining_ == 0;
  return piece;
}

Result<std::optional<std::string_view>> BodyReader::take_chunk() {
  for (;;) {
    const std::string_view available = source().available();
    if (available.empty()) return std::nullopt;
    const RequestParser::Step step = parser_->parse_chunk(available);
    source().consume(step.used);
    if (step.malformed) return fail(ErrorCode::invalid_argument, "The body's chunks are malformed.");
    done_ = step.end;
    if (step.content.size() > remaining_) {
      return fail(ErrorCode::too_large, fmt::format("The body is longer than {} bytes.", options_.max_body_bytes));
    }
    remaining_ -= step.content.size();
    if (!step.content.empty() || done_) return step.content;
    if (step.used > 0) continue;
    if (available.size() > options_.max_header_bytes) {
      return fail(ErrorCode::too_large,
                  fmt::format("A chunk's header or the trailers are longer than {} bytes.", options_.max_header_bytes));
    }
    return std::nullopt;
  }
}

Task<std::optional<Error>> BodyReader::receive() {
  if (!deadline_) deadline_ = Clock::now() + options_.body_timeout;
  const Clock::time_point deadline = *deadline_;
  if (std::exchange(send_continue_, false) && source().available().empty()) {
    const std::string_view no_body;
    const bool sent = co_await stream_.send(kContinue, no_body, deadline);
    if (!sent) co_return Error{ErrorCode::invalid_argument, "The client has gone."};
  }
  const Received received = co_await stream_.receive(make_room(), deadline, Stream::WaitKind::in_exchange);
  switch (received.kind) {
    case Received::Kind::data:
      source().commit(received.size);
      co_return std::nullopt;
    case Received::Kind::timed_out:
      co_return Error{ErrorCode::deadline_exceeded, "The body did not arrive in time."};
    case Received::Kind::end:
    case Received::Kind::stopped:
    case Received::Kind::failed:
      break;
  }
  co_return Error{ErrorCode::invalid_argument, "The body ends before its end."};
}

std::span<char> BodyReader::make_room() {
  if (!large_) {
    if (input_.available().empty()) input_.rewind(head_end_);
    const std::size_t wanted =
        chunked_ ? kSmallestRoom : static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, kSmallestRoom));
    if (input_.room().size() >= wanted && (chunked_ || remaining_ <= input_.room().size())) return input_.room();
    large_.emplace(kLargeCapacity);
    large_->assign(input_.available());
    input_.rewind(head_end_);
  }
  if (large_->available().empty()) large_->rewind(0);
  large_->make_room(kLargeCapacity + 2 * options_.max_header_bytes);
  std::span<char> room = large_->room();
  if (!chunked_) room = room.first(static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, room.size())));
  return room;
}

bool BodyReader::can_drain() const {
  return !failure_ && !send_continue_ && (done_ || chunked_ || remaining_ <= kMostDrained);
}

Task<bool> BodyReader::drain() {
  std::uint64_t drained = 0;
  while (drained <= kMostDrained) {
    auto piece = co_await read();
    if (!piece) co_return false;
    if (piece->empty()) co_return true;
    drained += piece->size();
  }
  co_return false;
}

void BodyReader::finish() {
  if (large_ && !large_->available().empty()) input_.assign(large_->available());
  large_.reset();
  expected_ = remaining_ = 0;
  end_.reset();
}

}  // namespace vidi::http
