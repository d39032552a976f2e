// Any bytes as a request: head, header values that are parsed further, and a chunked body.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "http/incoming_request.hpp"
#include "http/request_head.hpp"

namespace vidi::http {
namespace {

class NoBody final : public Body {
 public:
  Task<Result<ByteView>> read() override { co_return ByteView(); }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return 0; }
};

void read_chunks(RequestParser& parser, std::string_view text) {
  while (!text.empty()) {
    const RequestParser::Step step = parser.parse_chunk(text);
    if (step.used > text.size() || step.content.size() > step.used) std::abort();
    text.remove_prefix(step.used);
    if (step.malformed || step.end || (step.used == 0 && step.content.empty())) return;
  }
}

void check(std::string_view text) {
  accept_quality(text, "text/html");
  quoted(text);
  HeadScanner scanner;
  if (scanner.scan(text) != HeadScanner::State::complete) return;
  RequestHead head;
  RequestParser parser(head);
  if (parser.parse_head(text.substr(0, scanner.size()))) return;
  NoBody body;
  IncomingRequest request(body, "127.0.0.1");
  if (request.start(head, Timestamp()) && request.path().find('\0') != std::string_view::npos) std::abort();
  static_cast<void>(request.query("q"));
  static_cast<void>(request.header("Accept"));
  if (head.chunked && head.content_length) std::abort();
  if (head.chunked) read_chunks(parser, text.substr(scanner.size()));
}

}  // namespace
}  // namespace vidi::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vidi::http::check({reinterpret_cast<const char*>(data), size});
  return 0;
}
