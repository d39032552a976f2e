#include "net/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/address_options.hpp"

namespace vidi::net {
namespace {

std::unexpected<Error> refuse(const std::string& url, const char* reason) {
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' {}", without_query(url), reason));
}

}  // namespace

std::string without_query(const std::string& url) { return url.substr(0, url.find_first_of("?#")); }

HostAndPort split_authority(std::string_view authority) {
  // A colon behind an IPv6 address's bracket, or the only one.
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : authority.find(':', bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view port = colon == std::string_view::npos ? "" : authority.substr(colon + 1);
  return {.host = std::string(host), .port = std::string(port)};
}

Result<Url> parse_url(const std::string& text) {
  constexpr std::string_view kPlain = "http://";
  constexpr std::string_view kSecure = "https://";
  Url url;
  url.is_secure = text.starts_with(kSecure);
  if (!url.is_secure && !text.starts_with(kPlain))
    return refuse(text, "is no URL that begins with http:// or https://");
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_odd)) return refuse(text, "holds a space or a control character: write it as %20");
  const std::string_view rest = std::string_view(text).substr((url.is_secure ? kSecure : kPlain).size());
  const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return refuse(text, "names a user, which is not sent");
  HostAndPort named = split_authority(authority);
  if (named.port.empty() && !authority.ends_with(':')) named.port = url.is_secure ? "443" : "80";
  if (named.host.empty() || named.host.starts_with('[') || !number_within(named.port, 1, 65'535)) {
    return refuse(text, "has no host, or a port that is not a number from 1 to 65535");
  }
  url.host = std::move(named.host);
  url.port = std::move(named.port);
  url.authority = authority;
  url.target = rest.substr(end, rest.find('#') - end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Result<Url> follow(const Url& from, const std::string& location) {
  const std::string scheme = from.is_secure ? "https:" : "http:";
  if (location.find("://") < location.find_first_of("/?#")) return parse_url(location);
  if (location.starts_with("//")) return parse_url(scheme + location);
  const std::string origin = scheme + "//" + from.authority;
  if (location.starts_with('/')) return parse_url(origin + location);
  const std::string path = without_query(from.target);
  return parse_url(origin + path.substr(0, path.rfind('/') + 1) + location);
}

}  // namespace vidi::net
