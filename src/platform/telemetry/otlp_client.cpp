#include "telemetry/otlp_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "net/ask.hpp"

namespace vidi::telemetry {
namespace {

std::chrono::seconds retry_after(std::string_view value) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  return std::chrono::seconds(whole ? std::min(seconds, 300U) : 0U);
}

}  // namespace

Result<OtlpEndpoint> parse_otlp_endpoint(const std::string& url) {
  auto parsed = net::parse_url(url);
  if (!parsed || url.find_first_of("?#@") != std::string::npos) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("\"{}\" is no address of a collector; expected one such as http://127.0.0.1:4318", url));
  }
  std::string& path = parsed->target;
  while (path.ends_with('/')) path.pop_back();
  path += "/v1/traces";
  return OtlpEndpoint{.url = std::move(*parsed)};
}

Result<OtlpAnswer> post_json(const OtlpEndpoint& endpoint, const std::string& body, std::chrono::milliseconds timeout,
                             const std::function<bool()>& cancelled) {
  const net::Question question{.method = "POST", .content_type = "application/json", .body = body};
  auto answer = net::ask(endpoint.url, question, timeout, cancelled);
  if (!answer) return forward_error(answer);
  return OtlpAnswer{
      .status = answer->status, .body = std::move(answer->body), .retry_after = retry_after(answer->retry_after)};
}

}  // namespace vidi::telemetry
