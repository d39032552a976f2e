// gRPC's health checking protocol.

#include <fmt/format.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/task.hpp"
#include "grpc/event.hpp"
#include "grpc/server_state.hpp"
#include "grpc/unary_call.hpp"

namespace vidi::grpc {
namespace {

namespace asio = boost::asio;
namespace health = ::grpc::health::v1;
using Status = health::HealthCheckResponse::ServingStatus;

constexpr std::chrono::seconds kPause{1};  // between looks at what may change

bool is_known(std::string_view service) {
  return service.empty() || service == ::inference::GRPCInferenceService::service_full_name() ||
         service == health::Health::service_full_name();
}

Task<Status> status_of(ServerState& state, std::string_view service) {
  if (!is_known(service)) co_return health::HealthCheckResponse::SERVICE_UNKNOWN;
  const bool ready = co_await is_ready(state);
  co_return ready ? health::HealthCheckResponse::SERVING : health::HealthCheckResponse::NOT_SERVING;
}

Task<Result<void>> check(Caller& caller, const health::HealthCheckRequest& request,
                         health::HealthCheckResponse& response) {
  const Status status = co_await status_of(caller.state, request.service());
  if (status == health::HealthCheckResponse::SERVICE_UNKNOWN) {
    co_return fail(ErrorCode::not_found, fmt::format("there is no service '{}'", request.service()));
  }
  response.set_status(status);
  co_return Result<void>();
}

// Tells the status, and each one that it changes to, until the client leaves or the server ends. All of it but the
// events runs on one executor.
class WatchCall final : public LongCall, public std::enable_shared_from_this<WatchCall> {
 public:
  // Waits for a call, serves it, and is then gone; another one waits from its arrival on.
  static void accept(ServerState& state, ::grpc::ServerCompletionQueue& queue) {
    const auto call = std::make_shared<WatchCall>(state, queue);
    call->self_ = call;
    call->context_.AsyncNotifyWhenDone(tag(call->ended_));
    state.health.RequestWatch(&call->context_, &call->request_, &call->writer_, &queue, &queue, tag(call->arrived_));
  }

  WatchCall(ServerState& state, ::grpc::ServerCompletionQueue& queue)
      : state_(state), queue_(queue), writer_(&context_), executor_(state.next_executor()), timer_(executor_) {}

  void stop() override {
    asio::post(executor_, [self = shared_from_this()] {
      self->ending_ = true;
      self->timer_.cancel();
    });
  }

 private:
  void arrive(bool ok) {
    if (!ok) {  // the server ends
      self_.reset();
      return;
    }
    accept(state_, queue_);
    state_.long_calls.add(self_);
    spawn(executor_, serve(self_));
  }

  static Task<void> serve(std::shared_ptr<WatchCall> call) {
    std::optional<Status> told;
    for (bool written = true; written;) {
      const bool last = call->ending_;
      const Status status = co_await status_of(call->state_, call->request_.service());
      if (told != status) {
        told = status;
        call->response_.set_status(status);
        const auto start = [&](void* tag) { call->writer_.Write(call->response_, tag); };
        written = co_await call->writing_.run(start);
      }
      if (last) break;
      if (call->ending_) continue;
      boost::system::error_code ignored;
      call->timer_.expires_after(kPause);
      co_await call->timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    const ::grpc::Status end(::grpc::StatusCode::UNAVAILABLE, "the server is ending");
    call->writer_.Finish(end, tag(call->sent_));
  }

  // The client has left, or all has been sent.
  void end(bool ok) {
    stop();
    leave(ok);
  }

  void leave(bool /*ok*/) {
    if (left_.fetch_sub(1) != 1) return;
    state_.long_calls.remove(self_);
    self_.reset();
  }

  ServerState& state_;
  ::grpc::ServerCompletionQueue& queue_;
  ::grpc::ServerContext context_;
  health::HealthCheckRequest request_;
  health::HealthCheckResponse response_;
  ::grpc::ServerAsyncWriter<health::HealthCheckResponse> writer_;
  asio::any_io_executor executor_;
  asio::steady_timer timer_;
  std::shared_ptr<WatchCall> self_;  // until gRPC has said everything
  bool ending_ = false;
  std::atomic<int> left_ = 2;  // events after the arrival
  Operation writing_;
  MemberEvent<WatchCall> arrived_{*this, &WatchCall::arrive};
  MemberEvent<WatchCall> sent_{*this, &WatchCall::leave};
  MemberEvent<WatchCall> ended_{*this, &WatchCall::end};
};

}  // namespace

void accept_health(ServerState& state, ::grpc::ServerCompletionQueue& queue) {
  using Of = Method<health::HealthCheckRequest, health::HealthCheckResponse>;
  auto method = std::make_shared<Of>();
  method->request = [&state](::grpc::ServerContext* context, health::HealthCheckRequest* request, Of::Writer* writer,
                             ::grpc::ServerCompletionQueue* where,
                             void* tag) { state.health.RequestCheck(context, request, writer, where, where, tag); };
  method->path = fmt::format("/{}/Check", health::Health::service_full_name());
  method->access = Access::open;
  method->priority = true;
  method->answer = &check;
  UnaryCall<health::HealthCheckRequest, health::HealthCheckResponse>::accept(state, method, queue);
  WatchCall::accept(state, queue);
}

}  // namespace vidi::grpc
