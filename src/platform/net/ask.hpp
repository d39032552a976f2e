#pragma once
// One question to another server and its answer, over a connection of its own: HTTP/1.1, or HTTPS. For what vidi asks
// seldom: a collector of traces, its own health. Thread-safe.

#include <chrono>
#include <functional>
#include <string>

#include "core/result.hpp"
#include "net/url.hpp"

namespace vidi::net {

struct Question {
  std::string method = "GET";
  std::string content_type;  // of the body; both empty: none
  std::string body;
  Trust trust = Trust::authorities;
};

struct Answer {
  int status = 0;
  std::string body;         // at most 64 KiB; a longer one is an error
  std::string retry_after;  // the header, empty without
};

// Waits for the answer; ends early when `cancelled` says so, which is asked some times a second. Redirects are not
// followed. Errors: unavailable with the reason.
Result<Answer> ask(
    const Url& url, const Question& question, std::chrono::milliseconds timeout,
    const std::function<bool()>& cancelled = [] { return false; });

}  // namespace vidi::net
