#pragma once
// Which handler answers which path.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace vidi::http {

using Handler = std::function<Task<Response>(Request&)>;

// Makes the response for a request that no handler sees, or that a handler left unread: unknown path (not_found), wrong
// method, a malformed message, a limit, a deadline. `request` is null when the head could not be parsed.
using ErrorPage = std::function<Response(const Request* request, int status, const Error& error)>;

struct RouteOptions {
  bool priority = false;     // answered even when ServerOptions::max_requests are being handled: for health checks
  bool ignore_case = false;  // of the pattern's literal segments
  bool pack = true;          // its answers may be sent compressed, see content_encoding.hpp
};

// Filled before the server starts, then only read: any thread.
class Router {
 public:
  // Views point into the router and into the path that was looked up.
  struct Match {
    const Handler* handler = nullptr;  // null when no handler answers this method and path
    bool priority = false;
    bool pack = true;
    std::string_view pattern;  // of the path, also when the method is wrong; empty when nothing is there
    std::string allow;         // when the path is known but not this method: the value of the Allow header, else empty
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
  };

  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // `pattern` is a path whose segments are literal or "{name}", for example "/uploads/{id}/image"; a parameter is never
  // empty. A literal segment wins over a parameter. HEAD is answered by GET's handler, OPTIONS with Allow, another
  // method with 405 and Allow. Throws std::invalid_argument for a pattern that makes no sense or is there already.
  void add(std::string_view method, std::string_view pattern, Handler handler, RouteOptions options = {});

  // `method` as Request::method gives it.
  [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

  // Method and pattern of every route, in the order in which they were added.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& routes() const { return routes_; }

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  std::vector<std::pair<std::string, std::string>> routes_;
};

}  // namespace vidi::http
