#pragma once
// The body of the request that a connection is at, by Content-Length or chunks (RFC 9112, 6 and 7).

#include <optional>

#include "http/input_buffer.hpp"
#include "http/message.hpp"
#include "http/request_head.hpp"
#include "http/server.hpp"
#include "http/stream.hpp"

namespace vidi::http {

class BodyReader final : public Body {
 public:
  // All must outlive the reader. `input` holds the head, whose views must stay valid, and then what came with it.
  BodyReader(Stream& stream, InputBuffer& input, const ServerOptions& options);

  // A new request: its head ends at the input's position. `parser` has parsed it.
  void start(const RequestHead& head, RequestParser& parser);

  Task<Result<ByteView>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return size_; }

  // Whether the next request follows in the input.
  [[nodiscard]] bool finished() const { return done_ && !failure_; }
  // Whether what is left is little enough to be read and thrown away.
  [[nodiscard]] bool can_drain() const;
  Task<bool> drain();

  // How much of it has been read, and when its end was; absent: not yet.
  [[nodiscard]] std::uint64_t received() const { return expected_ - remaining_; }
  [[nodiscard]] std::optional<Clock::time_point> end() const { return end_; }

  // The request is over: the input holds what follows the body.
  void finish();

 private:
  // The next content among the bytes that are there; absent when more are needed, empty at the end.
  Result<std::optional<std::string_view>> take();
  Result<std::optional<std::string_view>> take_chunk();
  Task<std::optional<Error>> receive();
  std::span<char> make_room();
  InputBuffer& source() { return large_ ? *large_ : input_; }

  Stream& stream_;
  InputBuffer& input_;
  const ServerOptions& options_;
  RequestParser* parser_ = nullptr;
  std::optional<InputBuffer> large_;  // where a body that does not fit beside its head is received
  std::optional<std::uint64_t> size_;
  std::optional<Error> failure_;
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> end_;
  std::uint64_t expected_ = 0;   // what remaining_ was at the beginning
  std::uint64_t remaining_ = 0;  // by Content-Length, or that a chunked body may still have
  std::size_t head_end_ = 0;
  bool chunked_ = false;
  bool send_continue_ = false;  // the client waits for it
  bool done_ = true;
};

}  // namespace vidi::http
