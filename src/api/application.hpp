#pragma once
// vidi's own HTTP interface: which path is answered by which endpoint. One file an endpoint.

#include <cstddef>
#include <functional>
#include <string>

#include "http/multipart.hpp"
#include "http/router.hpp"
#include "recognition/recognizer.hpp"
#include "recognition/recorder.hpp"

namespace vidi::api {

// What the endpoints work with. Belongs to the program and outlives the server.
struct Application {
  recognition::Recognizer& recognizer;
  recognition::Recorder& recorder;
  std::string default_model;
  std::size_t max_body_bytes = 32U << 20U;
  http::MultipartLimits multipart;
  std::function<bool()> stopping;  // whether the server is ending
};

// Every route of vidi. `application` must outlive the router.
http::Router make_router(Application& application);

// What a client gets when no endpoint answers: see http::ErrorPage.
http::Response error_page(const http::Request* request, int status, const Error& error);

}  // namespace vidi::api
