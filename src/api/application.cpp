#include "api/application.hpp"

#include "api/endpoints.hpp"
#include "api/negotiate.hpp"

namespace vidi::api {
namespace {

using Endpoint = Task<http::Response> (*)(Application&, http::Request&);

http::Handler bind(Application& application, Endpoint endpoint) {
  return [&application, endpoint](http::Request& request) { return endpoint(application, request); };
}

// The Open Inference Protocol: each of a model's paths also with a version.
template <typename Add>
void add_v2(const Add& add) {
  add("GET", "/v2", &get_v2);
  add("GET", "/v2/", &get_v2);
  add("GET", "/v2/health/live", &get_v2_live, {.priority = true});
  add("GET", "/v2/health/ready", &get_v2_ready, {.priority = true});
  add("GET", "/v2/models/stats", &get_v2_statistics);
  for (const std::string model : {"/v2/models/{model}", "/v2/models/{model}/versions/{version}"}) {
    add("GET", model, &get_v2_model);
    add("GET", model + "/ready", &get_v2_model_ready);
    add("GET", model + "/stats", &get_v2_statistics);
    add("POST", model + "/infer", &post_v2_infer);
  }
}

bool speaks_tensorflow_serving(const http::Request& request) {
  return request.path().starts_with("/v1/") || request.path().starts_with("/V1/");
}

// TensorFlow Serving's paths. {model} or {version} ends in the method, as in digits:predict.
template <typename Add>
void add_v1(const Add& add) {
  for (const std::string model : {"/v1/models/{model}", "/v1/models/{model}/versions/{version}"}) {
    add("GET", model, &get_v1_model, {.ignore_case = true});
    add("GET", model + "/metadata", &get_v1_metadata, {.ignore_case = true});
    add("POST", model, &post_v1_model, {.ignore_case = true});
  }
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
  add_v2(add);
  add_v1(add);
  // Answered even when as many requests as allowed are being handled.
  add("GET", "/health/live", &get_live, {.priority = true});
  add("GET", "/health/ready", &get_ready, {.priority = true});
  add("GET", "/metrics", &get_metrics, {.priority = true});
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
