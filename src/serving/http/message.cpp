#include "http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "http/text.hpp"

namespace vidi::http {
namespace {

// More is not reserved for a length that the client only claims.
constexpr std::uint64_t kMaxReserved = 1U << 20U;

std::unexpected<Error> too_long(std::size_t max_bytes) {
  return fail(ErrorCode::too_large, fmt::format("The body is longer than {} bytes.", max_bytes));
}

struct MediaRange {
  int specificity = -1;  // -1: it does not match; 0: "*/*"; 1: "type/*"; 2: "type/subtype"
  double quality = 1;
};

int specificity_of(std::string_view range, std::string_view media_type) {
  if (equal_ignoring_case(range, media_type)) return 2;
  if (range == "*/*" || range == "*") return 0;
  if (!range.ends_with("/*")) return -1;
  const std::string_view type = range.substr(0, range.size() - 1);
  return equal_ignoring_case(type, media_type.substr(0, type.size())) ? 1 : -1;
}

// Takes what stands before the first separator off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(taken);
}

double quality_of(std::string_view value) {
  double quality = 1;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), quality);
  if (error != std::errc() || end != value.data() + value.size() || !(quality >= 0)) return 1;
  return std::min(quality, 1.0);
}

MediaRange parse_range(std::string_view element, std::string_view media_type) {
  MediaRange range;
  range.specificity = specificity_of(take_until(element, ';'), media_type);
  while (!element.empty()) {
    std::string_view parameter = take_until(element, ';');
    if (equal_ignoring_case(take_until(parameter, '='), "q")) range.quality = quality_of(trim(parameter));
  }
  return range;
}

}  // namespace

Task<Result<Bytes>> read_all(Body& body, std::size_t max_bytes) {
  const auto size = body.size();
  if (size && *size > max_bytes) co_return too_long(max_bytes);
  Bytes bytes;
  bytes.reserve(static_cast<std::size_t>(std::min(size.value_or(0), kMaxReserved)));
  for (;;) {
    auto piece = co_await body.read();
    if (!piece) co_return forward_error(piece);
    if (piece->empty()) break;
    if (piece->size() > max_bytes - bytes.size()) co_return too_long(max_bytes);
    bytes.insert(bytes.end(), piece->begin(), piece->end());
  }
  co_return bytes;
}

bool has_header(const Response& response, std::string_view name) {
  return std::ranges::any_of(response.headers,
                             [name](const auto& header) { return equal_ignoring_case(header.first, name); });
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    if (c == '"' || c == '\\') result += '\\';
    result += control ? ' ' : c;
  }
  return result + '"';
}

double accept_quality(std::optional<std::string_view> accept, std::string_view media_type) {
  if (!accept || trim(*accept).empty()) return 1;
  MediaRange best{.specificity = -1, .quality = 0};
  std::string_view rest = *accept;
  while (!rest.empty()) {
    const MediaRange range = parse_range(take_until(rest, ','), media_type);
    if (range.specificity > best.specificity ||
        (range.specificity == best.specificity && range.specificity >= 0 && range.quality > best.quality)) {
      best = range;
    }
  }
  return best.quality;
}

}  // namespace vidi::http
