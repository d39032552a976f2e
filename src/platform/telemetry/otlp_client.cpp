#include "telemetry/otlp_client.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace vidi::telemetry {
namespace {

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

std::chrono::seconds retry_after(std::string_view value) {
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  return std::chrono::seconds(whole ? std::min(seconds, 300U) : 0U);
}

}  // namespace

Result<OtlpEndpoint> parse_otlp_endpoint(const std::string& url) {
  const auto wrong =
      fail(ErrorCode::invalid_argument,
           fmt::format("\"{}\" is no address of a collector; expected one such as http://127.0.0.1:4318", url));
  OtlpEndpoint endpoint;
  http_client::Origin& origin = endpoint.origin;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    origin.scheme = http_client::Origin::Scheme::https;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return wrong;
  }
  if (rest.find_first_of("?#@ \t\r\n") != std::string_view::npos) return wrong;
  const std::string_view authority = rest.substr(0, rest.find('/'));
  std::string_view path = rest.substr(authority.size());
  while (path.ends_with('/')) path.remove_suffix(1);
  origin.authority = authority;
  endpoint.target = std::string(path) + "/v1/traces";

  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  origin.host = host;
  origin.port = origin.scheme == http_client::Origin::Scheme::https ? "443" : "80";
  if (colon != std::string_view::npos) origin.port = authority.substr(colon + 1);
  if (origin.host.empty() || !is_port(origin.port)) return wrong;
  return endpoint;
}

Result<OtlpAnswer> post_json(const OtlpEndpoint& endpoint, const std::string& body, std::chrono::milliseconds timeout,
                             const std::function<bool()>& cancelled) {
  const http_client::Question question{
      .method = "POST", .target = endpoint.target, .content_type = "application/json", .body = body};
  auto answer = http_client::ask(endpoint.origin, question, timeout, cancelled);
  if (!answer) return forward_error(answer);
  return OtlpAnswer{
      .status = answer->status, .body = std::move(answer->body), .retry_after = retry_after(answer->retry_after)};
}

}  // namespace vidi::telemetry
