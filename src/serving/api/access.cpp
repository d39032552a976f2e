#include "api/access.hpp"

#include <utility>

#include "api/negotiate.hpp"

namespace vidi::api {
namespace {

Task<http::Response> refuse(http::Request& request, Error error) { co_return error_response(&request, error); }

}  // namespace

http::Handler guarded(Application& application, Endpoint endpoint, auth::Access access) {
  return [&application, endpoint, access](http::Request& request) {
    auto admitted = application.authorizer.admit(auth::bearer_token(request.header("Authorization")), access);
    if (!admitted) return refuse(request, std::move(admitted.error()));
    request.set_identity(std::move(*admitted));
    if (request.record() != nullptr) request.record()->user = request.identity().name;
    return endpoint(application, request);
  };
}

records::Visibility visible_to(const http::Request& request) {
  const Identity& identity = request.identity();
  switch (identity.role) {
    case Role::admin:
      return records::Visibility::all();
    case Role::user:
      return records::Visibility::own(identity.name);
    case Role::anonymous:
      break;
  }
  return records::Visibility::none();
}

std::string recorded_user(const http::Request& request, std::string named) {
  const Identity& identity = request.identity();
  if (identity.role == Role::admin && !named.empty()) return named;
  return identity.name;
}

}  // namespace vidi::api
