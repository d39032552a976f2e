#pragma once
// The endpoints, each in the file that is named beside it. Each may run many times at once, on any thread.

#include "api/application.hpp"

namespace vidi::api {

// home.cpp: the page.
Task<http::Response> get_home(Application& application, http::Request& request);

// predict.cpp: a picture in, an answer out.
Task<http::Response> get_predict(Application& application, http::Request& request);
Task<http::Response> post_predict(Application& application, http::Request& request);

// uploads.cpp: the same with a page of its own for every picture.
Task<http::Response> get_upload(Application& application, http::Request& request);
Task<http::Response> post_upload(Application& application, http::Request& request);
Task<http::Response> get_uploaded(Application& application, http::Request& request);
Task<http::Response> get_uploaded_image(Application& application, http::Request& request);
Task<http::Response> get_explanation(Application& application, http::Request& request);

// predictions.cpp: the records.
Task<http::Response> list_predictions(Application& application, http::Request& request);
Task<http::Response> get_prediction(Application& application, http::Request& request);
Task<http::Response> patch_prediction(Application& application, http::Request& request);
Task<http::Response> delete_prediction(Application& application, http::Request& request);

// statistics.cpp: how many predictions by day, model and result.
Task<http::Response> get_statistics(Application& application, http::Request& request);

// v2.cpp: the Open Inference Protocol.
Task<http::Response> get_v2(Application& application, http::Request& request);
Task<http::Response> get_v2_live(Application& application, http::Request& request);
Task<http::Response> get_v2_ready(Application& application, http::Request& request);
Task<http::Response> get_v2_model(Application& application, http::Request& request);
Task<http::Response> get_v2_model_ready(Application& application, http::Request& request);
Task<http::Response> post_v2_infer(Application& application, http::Request& request);
Task<http::Response> get_v2_statistics(Application& application, http::Request& request);
Task<http::Response> post_v2_index(Application& application, http::Request& request);
Task<http::Response> post_v2_load(Application& application, http::Request& request);
Task<http::Response> post_v2_unload(Application& application, http::Request& request);

// v1.cpp: TensorFlow Serving's interface.
Task<http::Response> get_v1_model(Application& application, http::Request& request);
Task<http::Response> get_v1_metadata(Application& application, http::Request& request);
Task<http::Response> post_v1_model(Application& application, http::Request& request);

// health.cpp: for load balancers and orchestrators.
Task<http::Response> get_live(Application& application, http::Request& request);
Task<http::Response> get_ready(Application& application, http::Request& request);

// metrics.cpp: for Prometheus (its text exposition format, version 0.0.4).
Task<http::Response> get_metrics(Application& application, http::Request& request);

// openapi.cpp: what there is here, for programs (OpenAPI 3.1).
Task<http::Response> get_openapi(Application& application, http::Request& request);

}  // namespace vidi::api
