#pragma once
// Who may use which route, and what of it is his.

#include <string>

#include "api/application.hpp"
#include "auth/authorizer.hpp"
#include "http/router.hpp"
#include "records/visibility.hpp"

namespace vidi::api {

using Endpoint = Task<http::Response> (*)(Application&, http::Request&);

// What stands beside a route.
struct Rule {
  auth::Access access = auth::Access::admin;
  http::RouteOptions options;
};

inline constexpr Rule kOpen{.access = auth::Access::open, .options = {}};
inline constexpr Rule kUser{.access = auth::Access::user, .options = {}};
inline constexpr Rule kAdmin{.access = auth::Access::admin, .options = {}};
// Answered even when as many requests as allowed are being handled.
inline constexpr Rule kHealth{.access = auth::Access::open, .options = {.priority = true}};

// The endpoint for those who may use it; others get 401, 403 or 429. The request's identity is set before the endpoint
// sees it. `application` must outlive the handler.
http::Handler guarded(Application& application, Endpoint endpoint, auth::Access access);

// Which predictions this request may see and change: all of them for an administrator, a user's own, none for somebody
// who is not known.
records::Visibility visible_to(const http::Request& request);

// Whom a prediction or a correction is recorded for: the key's holder, whatever the request says; an administrator may
// name somebody else.
std::string recorded_user(const http::Request& request, std::string named);

}  // namespace vidi::api
