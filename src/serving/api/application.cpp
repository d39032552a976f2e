#include "api/application.hpp"

#include "api/access.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"

namespace vidi::api {
namespace {

// The Open Inference Protocol: each of a model's paths also with a version.
template <typename Add>
void add_v2(const Add& add) {
  add("GET", "/v2", &get_v2, kOpen);
  add("GET", "/v2/", &get_v2, kOpen);
  add("GET", "/v2/health/live", &get_v2_live, kHealth);
  add("GET", "/v2/health/ready", &get_v2_ready, kHealth);
  add("GET", "/v2/models/stats", &get_v2_statistics, kUser);
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    add("GET", model, &get_v2_model, kUser);
    add("GET", model + "/ready", &get_v2_model_ready, kUser);
    add("GET", model + "/stats", &get_v2_statistics, kUser);
    add("POST", model + "/infer", &post_v2_infer, kUser);
  }
  add("POST", "/v2/repository/index", &post_v2_index, kUser);
  add("POST", "/v2/repository/models/{model}/load", &post_v2_load, kAdmin);
  add("POST", "/v2/repository/models/{model}/unload", &post_v2_unload, kAdmin);
}

bool speaks_tensorflow_serving(const http::Request& request) {
  return request.path().starts_with("/v1/") || request.path().starts_with("/V1/");
}

// TensorFlow Serving's paths. {model} or {version} ends in the method, as in digits:predict.
template <typename Add>
void add_v1(const Add& add) {
  const Rule rule{.access = auth::Access::user, .options = {.ignore_case = true}};
  for (const std::string model : {"/v1/models/{model}", "/v1/models/{model}/versions/{version}"}) {
    add("GET", model, &get_v1_model, rule);
    add("GET", model + "/metadata", &get_v1_metadata, rule);
    add("POST", model, &post_v1_model, rule);
  }
}

}  // namespace

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
  add_v2(add);
  add_v1(add);
  add("GET", "/health/live", &get_live, kHealth);
  add("GET", "/health/ready", &get_ready, kHealth);
  add("GET", "/metrics", &get_metrics, {.access = application.metrics_access, .options = {.priority = true}});
  add("GET", "/openapi.json", &get_openapi, kOpen);
  return router;
}

http::Response error_page(const http::Request* request, int status, const Error& error) {
  http::Response response = error_response(request, error);
  response.status = status;
  // TensorFlow Serving has no 405.
  if (status == 405 && request != nullptr && speaks_tensorflow_serving(*request)) response.status = 400;
  return response;
}

}  // namespace vidi::api
