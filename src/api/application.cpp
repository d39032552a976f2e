#include "api/application.hpp"

#include "api/endpoints.hpp"
#include "api/negotiate.hpp"

namespace vidi::api {
namespace {

using Endpoint = Task<http::Response> (*)(Application&, http::Request&);

http::Handler bind(Application& application, Endpoint endpoint) {
  return [&application, endpoint](http::Request& request) { return endpoint(application, request); };
}

}  // namespace

http::Router make_router(Application& application) {
  http::Router router;
  const auto add = [&](std::string_view method, std::string_view pattern, Endpoint endpoint,
                       http::RouteOptions options = {}) {
    router.add(method, pattern, bind(application, endpoint), options);
  };
  add("GET", "/", &get_home);
  add("GET", "/predict", &get_predict);
  add("POST", "/predict", &post_predict);
  add("PUT", "/predict", &post_predict);  // curl -T
  add("GET", "/upload", &get_upload);
  add("POST", "/upload", &post_upload);
  add("GET", "/uploads/{id}", &get_uploaded);
  add("GET", "/uploads/{id}/image", &get_uploaded_image);
  add("GET", "/uploads/{id}/explanation", &get_explanation);
  add("GET", "/api/predictions", &list_predictions);
  add("GET", "/api/predictions/{id}", &get_prediction);
  add("PATCH", "/api/predictions/{id}", &patch_prediction);
  add("DELETE", "/api/predictions/{id}", &delete_prediction);
  add("GET", "/api/statistics", &get_statistics);
  // Answered even when as many requests as allowed are being handled.
  add("GET", "/health/live", &get_live, {.priority = true});
  add("GET", "/health/ready", &get_ready, {.priority = true});
  add("GET", "/metrics", &get_metrics, {.priority = true});
  add("GET", "/openapi.json", &get_openapi);
  return router;
}

http::Response error_page(const http::Request* request, int status, const Error& error) {
  http::Response response = error_response(request, error);
  response.status = status;
  return response;
}

}  // namespace vidi::api
