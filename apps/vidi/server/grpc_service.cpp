#include "server/grpc_service.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "api/status.hpp"
#include "auth/authorizer.hpp"

namespace vidi::app {
namespace {

grpc::ServerOptions grpc_options(const Settings& settings) {
  grpc::ServerOptions options;
  options.listen = settings.text("grpc-listen");
  options.tls_certificate = settings.text("tls-certificate");
  options.tls_key = settings.text("tls-key");
  options.threads = settings.count("grpc-threads");
  options.max_requests = settings.count("max-requests");
  options.max_message_bytes = settings.bytes("max-body-bytes");
  options.max_memory = settings.bytes("grpc-max-memory");
  options.max_header_bytes = settings.bytes("max-header-bytes");
  options.max_stream_requests = settings.count("grpc-stream-requests");
  options.header_timeout = settings.duration("header-timeout");
  options.idle_timeout = settings.duration("idle-timeout");
  options.stop_timeout = settings.duration("stop-timeout");
  return options;
}

Task<bool> is_ready(api::Application& application) {
  const auto records = co_await application.recorder.records().check();
  const auto objects = co_await application.recorder.objects().check();
  const bool stopping = application.stopping && application.stopping();
  co_return records&& objects && !stopping;
}

std::vector<grpc::ModelState> states_of(const models::Repository& models) {
  std::vector<grpc::ModelState> states;
  for (models::IndexEntry& entry : models.index()) {
    states.push_back({.name = std::move(entry.name),
                      .version = std::move(entry.version),
                      .ready = entry.state == models::VersionState::ready,
                      .reason = std::move(entry.reason)});
  }
  return states;
}

auth::Access access_of(grpc::Access access) {
  switch (access) {
    case grpc::Access::open:
      return auth::Access::open;
    case grpc::Access::user:
      return auth::Access::user;
    case grpc::Access::admin:
      return auth::Access::admin;
  }
  return auth::Access::admin;
}

// The name of the key that a call comes with.
Result<std::string> admit(auth::Authorizer& authorizer, std::optional<std::string_view> authorization,
                          grpc::Access access) {
  auto identity = authorizer.admit(auth::bearer_token(authorization), access_of(access));
  if (!identity) return forward_error(identity);
  return std::move(identity->name);
}

}  // namespace

std::unique_ptr<grpc::Server> serve_grpc(const Settings& settings, open_inference::Service& service,
                                         api::Application& application,
                                         const std::vector<boost::asio::any_io_executor>& executors,
                                         telemetry::RequestObserver& observer) {
  if (settings.text("grpc-listen") == "off") return nullptr;
  grpc::Application answers{
      .service = service,
      .version = VIDI_VERSION,
      .admit = [&application](std::optional<std::string_view> authorization,
                              grpc::Access access) { return admit(application.authorizer, authorization, access); },
      .ready = [&application] { return is_ready(application); },
      .models = [&application] { return states_of(application.recognizer.models()); },
      .load = [&service](std::string name) { return service.load(std::move(name)); },
      .unload = [&service](std::string name) { return service.unload(std::move(name)); },
      .observer = &observer,
      .http_status = &api::http_status};
  auto server = std::make_unique<grpc::Server>(grpc_options(settings), std::move(answers), executors);
  const bool tls = !settings.text("tls-certificate").empty();
  spdlog::info("listening for gRPC on {}{}", server->address(), tls ? " with TLS" : "");
  return server;
}

}  // namespace vidi::app
