#pragma once
// The request line and the header fields of a request (RFC 9112, sections 2 to 6), as views into the buffer they were
// read into.

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace vidi::http {

// Why a request is refused: the status of the answer, and its text.
struct Refusal {
  int status = 400;
  Error error;
};

struct Field {
  std::string_view name;
  std::string_view value;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;
  std::string_view path;   // of the target, still percent-encoded
  std::string_view query;  // of the target, without the '?'
  int version = 11;        // 10 or 11
  std::vector<Field> fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  // Ready for the next request; keeps the memory of `fields`.
  void clear();
  [[nodiscard]] std::optional<std::string_view> field(std::string_view name) const;
};

// Finds the empty line that ends a head, in a buffer that grows.
class HeadScanner {
 public:
  enum class State { incomplete, complete, malformed };

  // `text` begins with the head and contains what it did at the call before.
  State scan(std::string_view text);

  [[nodiscard]] std::size_t size() const { return size_; }         // of the complete head
  [[nodiscard]] bool in_first_line() const { return line_ == 0; }  // the request line is not complete

 private:
  std::size_t line_ = 0;     // where the unfinished line begins
  std::size_t scanned_ = 0;  // how far line feeds have been looked for
  std::size_t size_ = 0;
};

// Parses one head, and then a chunked body.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  // `head` must outlive the parser.
  explicit RequestParser(RequestHead& head);

  // `text` is a whole head, as HeadScanner found it. The views of the RequestHead point into it.
  std::optional<Refusal> parse_head(std::string_view text);

  // A step in a chunked body: how much of `text` was used, and the content found in it. Nothing used and no content:
  // more bytes are needed.
  struct Step {
    std::size_t used = 0;
    std::string_view content;
    bool malformed = false;
    bool end = false;
  };
  Step parse_chunk(std::string_view text);

 private:
  using ErrorCodeRef = boost::beast::error_code&;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                       ErrorCodeRef error) override;
  void on_response_impl(int, View, int, ErrorCodeRef) override {}
  void on_field_impl(boost::beast::http::field id, View name, View value, ErrorCodeRef error) override;
  void on_header_impl(ErrorCodeRef) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCodeRef) override {}
  std::size_t on_body_impl(View body, ErrorCodeRef) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, View, ErrorCodeRef) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCodeRef) override;
  void on_finish_impl(ErrorCodeRef) override {}

  void on_host(std::string_view value);
  std::optional<Refusal> check();
  void refuse(int status, std::string message);

  RequestHead& head_;
  std::optional<Refusal> refusal_;
  std::string_view text_;  // the head
  std::string_view content_;
  bool has_host_ = false;
  bool in_head_ = true;
};

}  // namespace vidi::http
