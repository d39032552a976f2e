#include "http/multipart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/multipart_header.hpp"

namespace vidi::http {
namespace {

constexpr std::size_t kMaxPadding = 256;  // spaces and tabs behind a boundary (RFC 2046, 5.1.1: transport padding)

struct Found {
  enum class Kind { nothing, next_part, last };  // nothing: none is complete yet
  Kind kind = Kind::nothing;
  std::size_t at = 0;   // what stands before it is content
  std::size_t end = 0;  // where the delimiter ends
};

// Where the longest end of `text` begins that `delimiter` might go on from.
std::size_t unfinished_delimiter(std::string_view text, std::string_view delimiter) {
  std::size_t at = text.size() - std::min(text.size(), delimiter.size() - 1);
  while ((at = text.find(delimiter.front(), at)) != std::string_view::npos) {
    if (delimiter.starts_with(text.substr(at))) return at;
    ++at;
  }
  return text.size();
}

// What the delimiter at `at` is followed by decides. Absent when it is content that only looks like one.
std::optional<Found> complete(std::string_view text, std::size_t at, std::size_t size) {
  std::string_view rest = text.substr(at + size);
  Found found{.kind = Found::Kind::nothing, .at = at, .end = at + size};
  if (rest.starts_with("--")) {
    found.kind = Found::Kind::last;
    found.end += 2;
    return found;
  }
  const std::size_t padding = std::min(rest.find_first_not_of(" \t"), rest.size());
  if (padding > kMaxPadding) return std::nullopt;
  if (padding > 0 || !rest.starts_with('-')) rest.remove_prefix(padding);
  if (rest.starts_with("\r\n")) {
    found.kind = Found::Kind::next_part;
    found.end += padding + 2;
    return found;
  }
  if (rest.empty() || rest == "\r" || (rest == "-" && padding == 0)) return found;
  return std::nullopt;
}

Found find_delimiter(std::string_view text, std::string_view delimiter) {
  std::size_t at = 0;
  while ((at = text.find(delimiter, at)) != std::string_view::npos) {
    if (const auto found = complete(text, at, delimiter.size())) return *found;
    ++at;
  }
  return {.kind = Found::Kind::nothing, .at = unfinished_delimiter(text, delimiter), .end = 0};
}

std::unexpected<Error> cut_short() {
  return fail(ErrorCode::invalid_argument, "The form ends before its last boundary, or is not multipart/form-data.");
}

}  // namespace

struct MultipartReader::State {
  enum class Phase { preamble, header, content, finished };

  State(Body& source, std::string_view boundary, MultipartLimits given)
      : body(source), delimiter(std::string("\r\n--").append(boundary)), limits(given) {}

  // Adds the next bytes of the body to the window; false at its end.
  Task<Result<bool>> receive();
  // The next content up to a delimiter; empty at the delimiter, which is taken and ends the phase.
  Task<Result<std::string_view>> take_content();
  Task<Result<Part>> take_header();
  Task<Result<bool>> skip_empty_line();

  Body& body;
  std::string delimiter;
  MultipartLimits limits;
  std::string carry = "\r\n";       // bytes kept over a read; the first boundary need not stand behind a line break
  std::string_view window = carry;  // not used yet: in `carry`, or in the body's last piece
  Phase phase = Phase::preamble;
  std::size_t parts = 0;
  std::optional<Error> failure;
};

Task<Result<bool>> MultipartReader::State::receive() {
  const bool keeps = !window.empty();
  if (keeps) {
    const std::less<> before;
    const bool carried = !before(window.data(), carry.data()) && before(window.data(), carry.data() + carry.size());
    if (carried) {
      carry.erase(0, static_cast<std::size_t>(window.data() - carry.data()));
    } else {
      carry.assign(window);
    }
    window = carry;
  }
  auto piece = co_await body.read();
  if (!piece) {
    failure = piece.error();
    co_return forward_error(piece);
  }
  if (keeps) carry += as_text(*piece);
  window = keeps ? std::string_view(carry) : as_text(*piece);
  co_return !piece->empty();
}

Task<Result<std::string_view>> MultipartReader::State::take_content() {
  for (;;) {
    const Found found = find_delimiter(window, delimiter);
    if (found.at > 0) {
      const std::string_view piece = window.substr(0, found.at);
      window.remove_prefix(found.at);
      co_return piece;
    }
    if (found.kind != Found::Kind::nothing) {
      window.remove_prefix(found.end);
      phase = found.kind == Found::Kind::last ? Phase::finished : Phase::header;
      co_return std::string_view();
    }
    auto more = co_await receive();
    if (!more) co_return forward_error(more);
    if (!*more) co_return cut_short();
  }
}

Task<Result<Part>> MultipartReader::State::take_header() {
  std::size_t scanned = 0;
  for (;;) {
    const std::size_t end = window.starts_with("\r\n") ? 0 : window.find("\r\n\r\n", scanned);
    if (std::min(end, window.size()) > limits.max_header_bytes) {
      co_return fail(ErrorCode::too_large,
                     fmt::format("The headers of a part are longer than {} bytes.", limits.max_header_bytes));
    }
    if (end != std::string_view::npos) {
      auto part = parse_part_header(window.substr(0, end), limits);
      window.remove_prefix(window.starts_with("\r\n") ? 0 : end + 2);
      co_return part;
    }
    scanned = window.size() - std::min<std::size_t>(window.size(), 3);
    auto more = co_await receive();
    if (!more) co_return forward_error(more);
    if (!*more) co_return cut_short();
  }
}

// The line break behind the headers belongs to the delimiter when that follows at once (RFC 2046, 5.1.1).
Task<Result<bool>> MultipartReader::State::skip_empty_line() {
  while (window.size() < delimiter.size() && delimiter.starts_with(window)) {
    auto more = co_await receive();
    if (!more) co_return forward_error(more);
    if (!*more) co_return cut_short();
  }
  if (!window.starts_with(delimiter)) window.remove_prefix(2);
  co_return true;
}

MultipartReader::MultipartReader(Body& body, std::string_view boundary, MultipartLimits limits)
    : state_(std::make_unique<State>(body, boundary, limits)) {}

MultipartReader::~MultipartReader() = default;

Task<Result<std::optional<Part>>> MultipartReader::next() {
  State& state = *state_;
  if (state.failure) co_return std::unexpected(*state.failure);
  const auto failed = [&state](Error error) {
    state.failure = std::move(error);
    return std::unexpected(*state.failure);
  };
  while (state.phase == State::Phase::preamble || state.phase == State::Phase::content) {
    auto skipped = co_await state.take_content();
    if (!skipped) co_return failed(std::move(skipped.error()));
  }
  if (state.phase == State::Phase::finished) co_return std::nullopt;
  if (state.parts == state.limits.max_parts) {
    co_return failed({ErrorCode::too_large, fmt::format("The form has more than {} parts.", state.limits.max_parts)});
  }
  auto part = co_await state.take_header();
  if (!part) co_return failed(std::move(part.error()));
  auto skipped = co_await state.skip_empty_line();
  if (!skipped) co_return failed(std::move(skipped.error()));
  ++state.parts;
  state.phase = State::Phase::content;
  co_return std::optional(std::move(*part));
}

Task<Result<ByteView>> MultipartReader::read() {
  State& state = *state_;
  if (state.failure) co_return std::unexpected(*state.failure);
  if (state.phase != State::Phase::content) co_return ByteView();
  auto piece = co_await state.take_content();
  if (!piece) {
    state.failure = piece.error();
    co_return forward_error(piece);
  }
  co_return as_bytes(*piece);
}

Task<Result<Bytes>> MultipartReader::read_all(std::size_t max_bytes) {
  Bytes bytes;
  for (;;) {
    auto piece = co_await read();
    if (!piece) co_return forward_error(piece);
    if (piece->empty()) co_return bytes;
    if (piece->size() > max_bytes - bytes.size()) {
      co_return fail(ErrorCode::too_large, fmt::format("A field is longer than {} bytes.", max_bytes));
    }
    bytes.insert(bytes.end(), piece->begin(), piece->end());
  }
}

}  // namespace vidi::http
