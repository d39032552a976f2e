#include "api/openapi.hpp"

#include "api/endpoints.hpp"

namespace vidi::api {

Task<http::Response> get_openapi(Application&, http::Request&) {
  http::Response response;
  response.content_type = "application/json";
  response.body = openapi_text();
  co_return response;
}

}  // namespace vidi::api
