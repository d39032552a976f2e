#pragma once
// The parts of a URL that a request needs (RFC 3986). Thread-safe.

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace vidi::net {

// Who may answer over TLS.
enum class Trust {
  authorities,  // whom an authority of this machine vouches for
  anybody,      // whoever answers, for addresses of this machine
};

struct HostAndPort {
  std::string host;  // without the brackets of an IPv6 address
  std::string port;  // empty: not named
};

// "HOST", "HOST:PORT" and "[IPV6]:PORT", whatever stands in their place.
HostAndPort split_authority(std::string_view authority);

struct Url {
  bool is_secure = false;  // https
  std::string host;        // without the brackets of an IPv6 address
  std::string port;
  std::string authority;  // for the Host header
  std::string target;     // path and query; "/" at least

  [[nodiscard]] bool has_origin_of(const Url& other) const {
    return is_secure == other.is_secure && host == other.host && port == other.port;
  }
};

// Error: invalid_argument (it is none of HTTP or HTTPS, names no host or no port from 1 to 65535, or holds a user's
// name or a character that no URL has).
Result<Url> parse_url(const std::string& text);

// Where `location`, of a redirect, leads from there: another URL, or a path. Error: invalid_argument.
Result<Url> follow(const Url& from, const std::string& location);

// The URL as it may stand in a message: a query may be a key.
std::string without_query(const std::string& url);

}  // namespace vidi::net
