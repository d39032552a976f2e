#include <nlohmann/json.hpp>

#include "api/answer.hpp"
#include "api/endpoints.hpp"

namespace vidi::api {
namespace {

nlohmann::ordered_json describe(const SpoolState& state) {
  nlohmann::ordered_json body;
  body["store"] = state.connected ? "connected" : "unreachable";
  body["entries"] = state.entries;
  body["bytes"] = state.bytes;
  const auto age = state.oldest ? now() - *state.oldest : std::chrono::microseconds(0);
  body["oldest_seconds"] = std::chrono::duration<double>(age).count();
  body["damaged"] = state.damaged;
  return body;
}

}  // namespace

Task<http::Response> get_live(Application&, http::Request&) {
  nlohmann::ordered_json body;
  body["live"] = true;
  co_return json_response(body);
}

Task<http::Response> get_ready(Application& application, http::Request&) {
  const auto records = co_await application.recorder.records().check();
  const auto objects = co_await application.recorder.objects().check();
  const bool stopping = application.stopping && application.stopping();
  const bool ready = records && objects && !stopping;
  nlohmann::ordered_json body;
  body["ready"] = ready;
  body["records"] = records ? "ok" : records.error().message;
  body["objects"] = objects ? "ok" : objects.error().message;
  body["stopping"] = stopping;
  if (application.spools) {
    for (const SpoolState& state : application.spools()) body["spool"][state.name] = describe(state);
  }
  co_return json_response(body, ready ? 200 : 503);
}

}  // namespace vidi::api
