// The methods of GRPCInferenceService that have one request and one response.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "grpc/messages.hpp"
#include "grpc/server_state.hpp"
#include "grpc/unary_call.hpp"

namespace vidi::grpc {

namespace {

void note_answer(const open_inference::InferAnswer& answer, telemetry::RequestRecord& record) {
  if (!answer.predictions.empty()) record.id = answer.predictions.front();
  record.model = answer.model;
  record.version = answer.version;
  record.predictions = answer.predictions.size();
}

// The client's. It is a time of the clock on the wall, and far in the future where there is none.
inference::Deadline deadline_of(const Caller& caller) {
  const auto rest = caller.context.deadline() - std::chrono::system_clock::now();
  if (rest > std::chrono::days(1)) return inference::kNoDeadline;
  return inference::Deadline::clock::now() + rest;
}

}  // namespace

Task<Result<void>> infer(Caller& caller, const messages::ModelInferRequest& message,
                         messages::ModelInferResponse& response) {
  open_inference::Service& service = caller.state.application.service;
  auto taken = service.check_load(message.model_name(), message.model_version());
  if (!taken) co_return taken;
  auto request = to_request(message, service.most_elements());
  if (!request) co_return forward_error(request);
  request->arrived = caller.arrived;
  request->record = make_uuid(caller.arrived);
  request->user = caller.user;
  if (caller.record != nullptr) request->stages = &caller.record->stages;
  request->deadline = std::min(request->deadline, deadline_of(caller));
  auto answer = co_await service.infer(std::move(*request));
  if (!answer) co_return forward_error(answer);
  if (caller.record != nullptr) note_answer(*answer, *caller.record);
  write_answer(*answer, wants_raw_answer(message), response);
  co_return Result<void>();
}

namespace {

Task<Result<void>> server_live(Caller& caller, const messages::ServerLiveRequest&,
                               messages::ServerLiveResponse& response) {
  static_cast<void>(caller);
  response.set_live(true);
  co_return Result<void>();
}

Task<Result<void>> server_ready(Caller& caller, const messages::ServerReadyRequest&,
                                messages::ServerReadyResponse& response) {
  const bool ready = co_await is_ready(caller.state);
  response.set_ready(ready);
  co_return Result<void>();
}

Task<Result<void>> model_ready(Caller& caller, const messages::ModelReadyRequest& request,
                               messages::ModelReadyResponse& response) {
  const auto metadata = caller.state.application.service.metadata(request.name(), request.version());
  if (!metadata) co_return forward_error(metadata);
  response.set_ready(true);
  co_return Result<void>();
}

Task<Result<void>> server_metadata(Caller& caller, const messages::ServerMetadataRequest&,
                                   messages::ServerMetadataResponse& response) {
  response.set_name(std::string(open_inference::kServerName));
  response.set_version(caller.state.application.version);
  for (const char* const extension : {"classification", "model_configuration", "model_repository", "statistics"}) {
    response.add_extensions(extension);
  }
  co_return Result<void>();
}

Task<Result<void>> model_metadata(Caller& caller, const messages::ModelMetadataRequest& request,
                                  messages::ModelMetadataResponse& response) {
  const auto metadata = caller.state.application.service.metadata(request.name(), request.version());
  if (!metadata) co_return forward_error(metadata);
  write_metadata(*metadata, response);
  co_return Result<void>();
}

Task<Result<void>> model_configuration(Caller& caller, const messages::ModelConfigRequest& request,
                                       messages::ModelConfigResponse& response) {
  const open_inference::Service& service = caller.state.application.service;
  const auto metadata = service.metadata(request.name(), request.version());
  if (!metadata) co_return forward_error(metadata);
  write_configuration(*metadata, service.most_elements(), *response.mutable_config());
  co_return Result<void>();
}

Task<Result<void>> model_statistics(Caller& caller, const messages::ModelStatisticsRequest& request,
                                    messages::ModelStatisticsResponse& response) {
  const auto found = caller.state.application.service.statistics(request.name(), request.version());
  if (!found) co_return forward_error(found);
  write_statistics(*found, response);
  co_return Result<void>();
}

// vidi has one repository, and it has no name.
Result<void> check_repository(const std::string& name) {
  if (name.empty()) return {};
  return fail(ErrorCode::not_found,
              fmt::format("there is no repository '{}'; there is one, whose name is empty", name));
}

Task<Result<void>> repository_index(Caller& caller, const messages::RepositoryIndexRequest& request,
                                    messages::RepositoryIndexResponse& response) {
  if (auto checked = check_repository(request.repository_name()); !checked) co_return checked;
  const auto& list = caller.state.application.models;
  for (const ModelState& state : list ? list() : std::vector<ModelState>()) {
    if (request.ready() && !state.ready) continue;
    auto& model = *response.add_models();
    model.set_name(state.name);
    model.set_version(state.version);
    model.set_state(state.ready ? "READY" : "UNAVAILABLE");
    model.set_reason(state.reason);
  }
  co_return Result<void>();
}

template <typename Request>
Task<Result<void>> change_repository(const std::function<Task<Result<void>>(std::string)>& change,
                                     const Request& request) {
  if (auto checked = check_repository(request.repository_name()); !checked) co_return checked;
  if (!change) {
    co_return fail(ErrorCode::conflict, "this server loads its models when it starts, and keeps them");
  }
  co_return co_await change(request.model_name());
}

Task<Result<void>> load_model(Caller& caller, const messages::RepositoryModelLoadRequest& request,
                              messages::RepositoryModelLoadResponse&) {
  return change_repository(caller.state.application.load, request);
}

Task<Result<void>> unload_model(Caller& caller, const messages::RepositoryModelUnloadRequest& request,
                                messages::RepositoryModelUnloadResponse&) {
  return change_repository(caller.state.application.unload, request);
}

using Service = messages::GRPCInferenceService::AsyncService;

template <typename Request, typename Response>
using Answer = Task<Result<void>> (*)(Caller&, const Request&, Response&);
// Asks for the next call of a method. The generated class has each method from a base of its own.
template <typename Base, typename Request, typename Response>
using Next = void (Base::*)(::grpc::ServerContext*, Request*, ::grpc::ServerAsyncResponseWriter<Response>*,
                            ::grpc::CompletionQueue*, ::grpc::ServerCompletionQueue*, void*);

struct Rules {
  Access access = Access::user;
  bool priority = false;
  int waiting = 1;  // how many calls may arrive before the queue's thread looks after them
};

template <typename Base, typename Request, typename Response>
void accept(ServerState& state, ::grpc::ServerCompletionQueue& queue, std::string_view name,
            Next<Base, Request, Response> next, Answer<Request, Response> answer, const Rules& rules = {}) {
  using Of = Method<Request, Response>;
  auto method = std::make_shared<Of>();
  method->request = [&state, next](::grpc::ServerContext* context, Request* request, typename Of::Writer* writer,
                                   ::grpc::ServerCompletionQueue* where,
                                   void* tag) { (state.service.*next)(context, request, writer, where, where, tag); };
  method->path = fmt::format("/{}/{}", messages::GRPCInferenceService::service_full_name(), name);
  method->access = rules.access;
  method->priority = rules.priority;
  method->answer = answer;
  for (int i = 0; i < rules.waiting; ++i) UnaryCall<Request, Response>::accept(state, method, queue);
}

}  // namespace

void accept_inference(ServerState& state, ::grpc::ServerCompletionQueue& queue) {
  // Answered even when as many requests as allowed are being handled.
  const Rules health{.access = Access::open, .priority = true};
  const Rules administration{.access = Access::admin};
  const Rules busy{.waiting = 32};
  accept(state, queue, "ServerLive", &Service::RequestServerLive, &server_live, health);
  accept(state, queue, "ServerReady", &Service::RequestServerReady, &server_ready, health);
  accept(state, queue, "ModelReady", &Service::RequestModelReady, &model_ready, health);
  accept(state, queue, "ServerMetadata", &Service::RequestServerMetadata, &server_metadata);
  accept(state, queue, "ModelMetadata", &Service::RequestModelMetadata, &model_metadata);
  accept(state, queue, "ModelConfig", &Service::RequestModelConfig, &model_configuration);
  accept(state, queue, "ModelStatistics", &Service::RequestModelStatistics, &model_statistics);
  accept(state, queue, "RepositoryIndex", &Service::RequestRepositoryIndex, &repository_index);
  accept(state, queue, "RepositoryModelLoad", &Service::RequestRepositoryModelLoad, &load_model, administration);
  accept(state, queue, "RepositoryModelUnload", &Service::RequestRepositoryModelUnload, &unload_model, administration);
  accept(state, queue, "ModelInfer", &Service::RequestModelInfer, &infer, busy);
}

}  // namespace vidi::grpc
