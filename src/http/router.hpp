#pragma once
// Which handler answers which path.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace vidi::http {

using Handler = std::function<Task<Response>(Request&)>;

// Makes the response for a request that no handler sees, or that a handler left unread: unknown path (not_found), wrong
// method, a malformed message, a limit, a deadline. `request` is null when the head could not be parsed.
using ErrorPage = std::function<Response(const Request* request, int status, const Error& error)>;

// Filled before the server starts, then only read: any thread.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  // `pattern` is a path whose segments are literal or "{name}", for example "/uploads/{id}/image". A literal segment
  // wins over a parameter. HEAD is answered by GET's handler, OPTIONS with Allow, another method with 405 and Allow.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  struct Match;
  [[nodiscard]] std::unique_ptr<Match> find(std::string_view method, std::string_view path) const;

 private:
  struct Node;
  std::unique_ptr<Node> root_;
};

}  // namespace vidi::http
