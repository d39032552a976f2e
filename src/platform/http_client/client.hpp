#pragma once
// Asks another server, one request a connection: HTTP/1.1, or HTTPS. For what vidi asks seldom: a collector of traces,
// its own health.

#include <chrono>
#include <functional>
#include <string>

#include "core/result.hpp"

namespace vidi::http_client {

struct Origin {
  enum class Scheme { http, https, https_unverified };  // unverified: whoever answers, for addresses of this machine
  Scheme scheme = Scheme::http;
  std::string host;  // without the brackets of an IPv6 address
  std::string port;
  std::string authority;  // for the Host header
};

struct Question {
  std::string method = "GET";
  std::string target = "/";
  std::string content_type;  // of the body; both empty: none
  std::string body;
};

struct Answer {
  int status = 0;
  std::string body;         // at most 64 KiB; a longer one is an error
  std::string retry_after;  // the header, empty without
};

// Waits for the answer; ends early when `cancelled` says so, which is asked some times a second. Errors: unavailable
// with the reason.
Result<Answer> ask(
    const Origin& origin, const Question& question, std::chrono::milliseconds timeout,
    const std::function<bool()>& cancelled = [] { return false; });

}  // namespace vidi::http_client
