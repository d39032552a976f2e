#include "http/request_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "http/text.hpp"

namespace vidi::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kMaxFields = 256;

std::string_view to_view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// The characters of a host and port (RFC 3986, 3.2.2 and 3.2.3); empty is allowed (RFC 9110, 7.2).
bool is_host(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("\"#/<>?@\\^`{|},").find(c) == std::string_view::npos;
  });
}

// "http://host" is taken off an absolute target (RFC 9112, 3.2.2).
std::string_view without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const std::size_t end = target.find_first_of("/?", scheme.size());
    return end == std::string_view::npos ? std::string_view("/") : target.substr(end);
  }
  return target;
}

// The head has a version, "HTTP/2.0" for example, that is not 1.0 or 1.1.
bool has_other_version(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\r'));
  const std::size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view version = line.substr(space + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
         is_digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

Refusal refusal(int status, std::string message) {
  const ErrorCode code = status == 431 ? ErrorCode::too_large : ErrorCode::invalid_argument;
  return {.status = status, .error = {.code = code, .message = std::move(message)}};
}

}  // namespace

void RequestHead::clear() {
  std::vector<Field> kept = std::move(fields);
  kept.clear();
  *this = RequestHead{};
  fields = std::move(kept);
}

std::optional<std::string_view> RequestHead::field(std::string_view name) const {
  for (const Field& each : fields) {
    if (equal_ignoring_case(each.name, name)) return each.value;
  }
  return std::nullopt;
}

HeadScanner::State HeadScanner::scan(std::string_view text) {
  for (;;) {
    const std::size_t feed = text.find('\n', scanned_);
    if (feed == std::string_view::npos) {
      scanned_ = text.size();
      return State::incomplete;
    }
    if (feed == line_ || text[feed - 1] != '\r') return State::malformed;
    const bool empty_line = feed == line_ + 1;
    scanned_ = line_ = feed + 1;
    if (!empty_line) continue;
    size_ = line_;
    return State::complete;
  }
}

RequestParser::RequestParser(RequestHead& head) : head_(head) {
  // Sizes are limited by who reads the bytes.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

std::optional<Refusal> RequestParser::parse_head(std::string_view text) {
  text_ = text;
  boost::beast::error_code error;
  put(boost::asio::const_buffer(text.data(), text.size()), error);
  in_head_ = false;
  if (refusal_) return std::move(refusal_);
  if (error) {
    if (has_other_version(text)) return refusal(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here.");
    return refusal(400, fmt::format("The request is malformed: {}.", error.message()));
  }
  head_.keep_alive = keep_alive();
  head_.chunked = chunked();
  if (const auto length = content_length()) head_.content_length = *length;
  return check();
}

std::optional<Refusal> RequestParser::check() {
  if (head_.version == 11 && !has_host_) return refusal(400, "The request has no Host header.");
  if (head_.version == 10) {
    if (head_.chunked) return refusal(400, "HTTP/1.0 has no chunked bodies.");
    head_.expects_continue = false;
  }
  if (head_.target == "*" && head_.method == "OPTIONS") return std::nullopt;
  const std::string_view target = without_authority(head_.target);
  if (target.find('#') != std::string_view::npos || !(target.starts_with('/') || target.starts_with('?'))) {
    return refusal(400, "The request's target is malformed.");
  }
  const std::size_t mark = target.find('?');
  head_.path = mark == 0 ? std::string_view("/") : target.substr(0, mark);
  if (mark != std::string_view::npos) head_.query = target.substr(mark + 1);
  return std::nullopt;
}

RequestParser::Step RequestParser::parse_chunk(std::string_view text) {
  content_ = {};
  boost::beast::error_code error;
  Step step;
  step.used = put(boost::asio::const_buffer(text.data(), text.size()), error);
  step.content = content_;
  step.malformed = error && error != beast_http::error::need_more;
  step.end = is_done();
  return step;
}

void RequestParser::on_request_impl(beast_http::verb /*verb*/, View method, View target, int version,
                                    ErrorCodeRef /*error*/) {
  head_.method = to_view(method);
  head_.target = to_view(target);
  head_.version = version;
}

void RequestParser::on_field_impl(beast_http::field id, View name, View value, ErrorCodeRef error) {
  if (!in_head_) return;  // a trailer: not used, and it may not change anything (RFC 9110, 6.5.1)
  const Field field{.name = to_view(name), .value = to_view(value)};
  // NOLINTBEGIN(bugprone-suspicious-stringview-data-usage): positions in one buffer are compared.
  // A folded line (obsolete, RFC 9112, 5.2) shows in a value that does not stand right behind its name.
  const char* const after_name = field.name.data() + field.name.size() + 1;
  const std::less<> before;
  if (before(field.value.data(), after_name) || before(text_.data() + text_.size(), field.value.data()) ||
      std::any_of(after_name, field.value.data(), [](char c) { return c != ' ' && c != '\t'; })) {
    refuse(400, "A header goes on in the next line; that is obsolete.");
  }
  // NOLINTEND(bugprone-suspicious-stringview-data-usage)
  if (head_.fields.size() == kMaxFields) refuse(431, fmt::format("There are more than {} headers.", kMaxFields));
  head_.fields.push_back(field);
  switch (id) {
    case beast_http::field::host:
      on_host(field.value);
      break;
    case beast_http::field::transfer_encoding:
      if (!equal_ignoring_case(field.value, "chunked")) refuse(501, "Only the transfer coding chunked is known.");
      break;
    case beast_http::field::expect:
      if (!equal_ignoring_case(field.value, "100-continue")) refuse(417, "Only 100-continue can be expected.");
      head_.expects_continue = true;
      break;
    default:
      break;
  }
  if (refusal_) error = beast_http::error::bad_field;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t /*remaining*/, View body, ErrorCodeRef /*error*/) {
  content_ = to_view(body);
  return body.size();
}

void RequestParser::on_host(std::string_view value) {
  if (has_host_) refuse(400, "There is more than one Host header.");
  if (!is_host(value)) refuse(400, "The Host header is malformed.");
  has_host_ = true;
}

void RequestParser::refuse(int status, std::string message) {
  if (!refusal_) refusal_ = refusal(status, std::move(message));
}

}  // namespace vidi::http
