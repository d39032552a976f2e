#include "grpc_service.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace vidi::app {
namespace {

grpc::ServerOptions server_options(const Settings& settings) {
  grpc::ServerOptions options;
  options.listen = settings.text("grpc-listen");
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

Task<bool> can_record(recognition::Recorder& recorder) {
  const auto records = co_await recorder.records().check();
  const auto objects = co_await recorder.objects().check();
  co_return records&& objects;
}

std::vector<grpc::ModelState> states_of(const models::Repository& models) {
  std::vector<grpc::ModelState> states;
  for (const std::string& name : models.names()) {
    if (const auto model = models.find(name)) {
      states.push_back({.name = name, .version = (*model)->version, .ready = true, .reason = {}});
    }
  }
  return states;
}

}  // namespace

std::unique_ptr<grpc::Server> serve_grpc(const Settings& settings, open_inference::Service& service,
                                         const recognition::Recognizer& recognizer, recognition::Recorder& recorder,
                                         const std::vector<boost::asio::any_io_executor>& executors) {
  if (settings.text("grpc-listen") == "off") return nullptr;
  grpc::Application application{.service = service,
                                .version = VIDI_VERSION,
                                .admit = {},
                                .ready = [&recorder] { return can_record(recorder); },
                                .models = [&recognizer] { return states_of(recognizer.models()); },
                                .load = {},
                                .unload = {}};
  auto server = std::make_unique<grpc::Server>(server_options(settings), std::move(application), executors);
  spdlog::info("listening for gRPC on {}", server->address());
  return server;
}

}  // namespace vidi::app
