#pragma once
// vidi's own HTTP interface: which path is answered by which endpoint. One file an endpoint.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "auth/authorizer.hpp"
#include "core/time.hpp"
#include "http/multipart.hpp"
#include "http/router.hpp"
#include "open_inference/service.hpp"
#include "recognition/recognizer.hpp"
#include "recognition/recorder.hpp"

namespace vidi::api {

// A store on other machines, and what waits on this one for it.
struct SpoolState {
  std::string name;  // of the store: "records", "objects"
  bool connected = false;
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;          // on the disk
  std::optional<Timestamp> oldest;  // since when the longest waits; absent: nothing waits
  std::uint64_t damaged = 0;        // entries that a kill or a loss of power has left unfinished
};

// What the endpoints work with. Belongs to the program and outlives the server.
struct Application {
  recognition::Recognizer& recognizer;
  recognition::Recorder& recorder;
  open_inference::Service& open_inference;
  auth::Authorizer& authorizer;
  auth::Access metrics_access = auth::Access::admin;
  std::string default_model;
  std::size_t max_body_bytes = 32U << 20U;
  http::MultipartLimits multipart;
  std::function<bool()> stopping;                   // whether the server is ending
  std::function<std::vector<SpoolState>()> spools;  // absent: no store has a spool
};

// Every route of vidi. `application` must outlive the router.
http::Router make_router(Application& application);

// What a client gets when no endpoint answers: see http::ErrorPage.
http::Response error_page(const http::Request* request, int status, const Error& error);

}  // namespace vidi::api
