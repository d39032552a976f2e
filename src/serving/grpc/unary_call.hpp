#pragma once
// A call with one request and one response.

#include <google/protobuf/arena.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/task.hpp"
#include "grpc/event.hpp"
#include "grpc/observation.hpp"
#include "grpc/server_state.hpp"
#include "grpc/status.hpp"

namespace vidi::grpc {

template <typename Request, typename Response>
struct Method {
  using Writer = ::grpc::ServerAsyncResponseWriter<Response>;

  // Asks gRPC for the next call.
  std::function<void(::grpc::ServerContext*, Request*, Writer*, ::grpc::ServerCompletionQueue*, void*)> request;
  std::string path;  // "/PACKAGE.SERVICE/METHOD"
  Access access = Access::user;
  bool priority = false;  // answered even when ServerOptions::max_requests are being handled: for health checks
  Task<Result<void>> (*answer)(Caller& caller, const Request& request, Response& response) = nullptr;
};

// Waits for a call of the method, answers it, and is then gone; another one waits from its arrival on. Belongs to
// itself.
template <typename Request, typename Response>
class UnaryCall {
 public:
  using Of = Method<Request, Response>;

  static void accept(ServerState& state, const std::shared_ptr<const Of>& method,
                     ::grpc::ServerCompletionQueue& queue) {
    auto* const call = new UnaryCall(state, method, queue);
    call->context_.AsyncNotifyWhenDone(tag(call->ended_));
    method->request(&call->context_, call->request_, &call->writer_, &queue, tag(call->arrived_));
  }

 private:
  using Arena = google::protobuf::Arena;

  UnaryCall(ServerState& state, std::shared_ptr<const Of> method, ::grpc::ServerCompletionQueue& queue)
      : state_(state), method_(std::move(method)), queue_(queue), writer_(&context_) {}

  void arrive(bool ok) {
    if (!ok) {  // the server ends
      delete this;
      return;
    }
    caller_.arrived = now();
    observation_.start(context_, method_->path, caller_.arrived, request_->ByteSizeLong());
    caller_.record = observation_.record();
    accept(state_, method_, queue_);
    if (!method_->priority) slot_.emplace(state_);
    auto admitted = slot_ ? slot_->check() : Result<void>();
    if (admitted) admitted = admit(caller_, method_->access);
    if (!admitted) {
      observation_.answer(admitted, caller_.user, 0);
      writer_.FinishWithError(to_status(admitted.error()), tag(sent_));
      return;
    }
    spawn(state_.next_executor(), run(this));
  }

  static Task<void> run(UnaryCall* call) {
    Result<void> result;
    try {
      result = check_in_time(call->caller_);
      if (result) result = co_await call->method_->answer(call->caller_, *call->request_, *call->response_);
    } catch (const std::exception& error) {
      spdlog::error("gRPC {}: {}", Request::descriptor()->name(), error.what());
      result = fail(ErrorCode::internal, "something went wrong in the server");
    }
    call->observation_.answer(result, call->caller_.user, result ? call->response_->ByteSizeLong() : 0);
    if (result) {
      call->writer_.Finish(*call->response_, ::grpc::Status::OK, tag(call->sent_));
    } else {
      call->writer_.FinishWithError(to_status(result.error()), tag(call->sent_));
    }
  }

  void sent(bool ok) {
    observation_.finish(ok);
    leave(ok);
  }

  void leave(bool /*ok*/) {
    if (left_.fetch_sub(1) == 1) delete this;
  }

  ServerState& state_;
  const std::shared_ptr<const Of> method_;
  ::grpc::ServerCompletionQueue& queue_;
  ::grpc::ServerContext context_;
  Arena arena_;
  Request* const request_ = Arena::CreateMessage<Request>(&arena_);
  Response* const response_ = Arena::CreateMessage<Response>(&arena_);
  typename Of::Writer writer_;
  Caller caller_{.state = state_, .context = context_, .arrived = {}, .user = {}};
  Observation observation_{state_};
  std::optional<Slot> slot_;
  std::atomic<int> left_ = 2;  // events after the arrival
  MemberEvent<UnaryCall> arrived_{*this, &UnaryCall::arrive};
  MemberEvent<UnaryCall> sent_{*this, &UnaryCall::sent};
  MemberEvent<UnaryCall> ended_{*this, &UnaryCall::leave};
};

}  // namespace vidi::grpc
