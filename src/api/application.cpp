#include "api/application.hpp"

#include "api/access.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"

namespace vidi::api {

http::Router make_router(Application& application) {
  http::Router router;
  const auto add = [&](std::string_view method, std::string_view pattern, Endpoint endpoint, const Rule& rule) {
    router.add(method, pattern, guarded(application, endpoint, rule.access), rule.options);
  };
  add("GET", "/", &get_home, kOpen);
  add("GET", "/predict", &get_predict, kOpen);
  add("POST", "/predict", &post_predict, kUser);
  add("PUT", "/predict", &post_predict, kUser);  // curl -T
  add("GET", "/upload", &get_upload, kOpen);
  add("POST", "/upload", &post_upload, kUser);
  add("GET", "/uploads/{id}", &get_uploaded, kUser);
  add("GET", "/uploads/{id}/image", &get_uploaded_image, kUser);
  add("GET", "/uploads/{id}/explanation", &get_explanation, kUser);
  add("GET", "/api/predictions", &list_predictions, kUser);
  add("GET", "/api/predictions/{id}", &get_prediction, kUser);
  add("PATCH", "/api/predictions/{id}", &patch_prediction, kUser);
  add("DELETE", "/api/predictions/{id}", &delete_prediction, kUser);
  add("GET", "/api/statistics", &get_statistics, kAdmin);
  add("GET", "/health/live", &get_live, kHealth);
  add("GET", "/health/ready", &get_ready, kHealth);
  add("GET", "/metrics", &get_metrics, {.access = application.metrics_access, .options = {.priority = true}});
  return router;
}

http::Response error_page(const http::Request* request, int status, const Error& error) {
  http::Response response = error_response(request, error);
  response.status = status;
  return response;
}

}  // namespace vidi::api
