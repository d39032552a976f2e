// ModelStreamInfer: requests on a stream, and an answer to each in their order.

#include <grpcpp/support/async_stream.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <deque>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "core/task.hpp"
#include "grpc/event.hpp"
#include "grpc/messages.hpp"
#include "grpc/observation.hpp"
#include "grpc/server_state.hpp"
#include "grpc/status.hpp"

namespace vidi::grpc {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kPath = "/inference.GRPCInferenceService/ModelStreamInfer";

// All of it but the events runs on one executor.
class StreamCall final : public LongCall, public std::enable_shared_from_this<StreamCall> {
 public:
  // Waits for a stream, serves it, and is then gone; another one waits from its arrival on.
  static void accept(ServerState& state, ::grpc::ServerCompletionQueue& queue) {
    const auto call = std::make_shared<StreamCall>(state, queue);
    call->self_ = call;
    call->context_.AsyncNotifyWhenDone(tag(call->ended_));
    state.service.RequestModelStreamInfer(&call->context_, &call->stream_, &queue, &queue, tag(call->arrived_));
  }

  StreamCall(ServerState& state, ::grpc::ServerCompletionQueue& queue)
      : state_(state), queue_(queue), stream_(&context_), executor_(state.next_executor()) {}

  void stop() override {
    asio::post(executor_, [self = shared_from_this()] {
      self->stopping_ = true;
      self->finish_when_stopped();
    });
  }

 private:
  // A request and what has become of it.
  struct Exchange {
    explicit Exchange(ServerState& state) : observation(state) {}

    messages::ModelInferRequest request;
    messages::ModelStreamInferResponse response;
    bool answered = false;
    Observation observation;
  };
  using Exchanges = std::deque<std::shared_ptr<Exchange>>;

  void arrive(bool ok) {
    if (!ok) {  // the server ends
      self_.reset();
      return;
    }
    accept(state_, queue_);
    state_.long_calls.add(self_);
    spawn(executor_, serve(self_));
  }

  static Task<void> serve(std::shared_ptr<StreamCall> call) {
    call->caller_.arrived = now();
    const auto admitted = admit(call->caller_, Access::user);
    if (!admitted) {
      call->finish(to_status(admitted.error()));
      co_return;
    }
    while (!call->finished_) {
      auto exchange = std::make_shared<Exchange>(call->state_);
      const auto start = [&](void* tag) { call->stream_.Read(&exchange->request, tag); };
      const bool read = co_await call->reading_.run(start);
      if (!read) break;
      if (call->stopping_) continue;  // it will not be answered, as the end of the stream says
      call->exchanges_.push_back(exchange);
      spawn(call->executor_, answer(call, exchange));
      while (call->exchanges_.size() >= call->state_.options.max_stream_requests) co_await call->wait_for_room();
    }
    while (!call->exchanges_.empty()) co_await call->wait_for_room();
    call->finish(::grpc::Status::OK);
  }

  static Task<void> answer(std::shared_ptr<StreamCall> call, std::shared_ptr<Exchange> exchange) {
    Caller caller{.state = call->state_, .context = call->context_, .arrived = now(), .user = call->caller_.user};
    exchange->observation.start(call->context_, kPath, caller.arrived, exchange->request.ByteSizeLong());
    caller.record = exchange->observation.record();
    const Slot slot(call->state_);
    Result<void> result = slot.check();
    try {
      if (result) result = check_in_time(caller);
      if (result) {
        result = co_await infer(caller, exchange->request, *exchange->response.mutable_infer_response());
      }
    } catch (const std::exception& error) {
      spdlog::error("gRPC ModelStreamInfer: {}", error.what());
      result = fail(ErrorCode::internal, "something went wrong in the server");
    }
    if (!result) {
      exchange->response.set_error_message(result.error().message);
      auto& empty = *exchange->response.mutable_infer_response();
      empty.Clear();
      empty.set_id(exchange->request.id());  // so that the client knows which request it was
    }
    exchange->observation.answer(result, caller.user, exchange->response.ByteSizeLong());
    exchange->answered = true;
    call->write_next();
  }

  // Writes the answers to the first requests, one after another.
  void write_next() {
    if (writing_ || exchanges_.empty() || !exchanges_.front()->answered) return;
    writing_ = true;
    spawn(executor_, write_front(shared_from_this()));
  }

  static Task<void> write_front(std::shared_ptr<StreamCall> call) {
    const std::shared_ptr<Exchange> exchange = call->exchanges_.front();
    // A failure means that the client is gone; then reading ends as well.
    const auto start = [&](void* tag) { call->stream_.Write(exchange->response, tag); };
    const bool written = co_await call->written_.run(start);
    exchange->observation.finish(written);
    call->exchanges_.pop_front();
    call->writing_ = false;
    if (call->room_) std::exchange(call->room_, {})(true);
    call->write_next();
    call->finish_when_stopped();
  }

  // Until an answer has been written.
  Task<void> wait_for_room() {
    const auto start = [this](Completion<bool> done) { room_ = std::move(done); };
    co_await wait_for<bool>(start);
  }

  void finish_when_stopped() {
    if (!stopping_ || !exchanges_.empty()) return;
    finish({::grpc::StatusCode::UNAVAILABLE, "the server is ending"});
  }

  // Once. A read that waits ends by it.
  void finish(const ::grpc::Status& status) {
    if (!std::exchange(finished_, true)) stream_.Finish(status, tag(sent_));
  }

  void leave(bool /*ok*/) {
    if (left_.fetch_sub(1) != 1) return;
    state_.long_calls.remove(self_);
    self_.reset();
  }

  ServerState& state_;
  ::grpc::ServerCompletionQueue& queue_;
  ::grpc::ServerContext context_;
  ::grpc::ServerAsyncReaderWriter<messages::ModelStreamInferResponse, messages::ModelInferRequest> stream_;
  asio::any_io_executor executor_;
  Caller caller_{.state = state_, .context = context_, .arrived = {}, .user = {}};
  std::shared_ptr<StreamCall> self_;  // until gRPC has said everything
  Exchanges exchanges_;               // read, and not yet answered in writing
  Completion<bool> room_;             // who waits for one of them to be written
  bool writing_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  std::atomic<int> left_ = 2;  // events after the arrival
  Operation reading_;
  Operation written_;
  MemberEvent<StreamCall> arrived_{*this, &StreamCall::arrive};
  MemberEvent<StreamCall> sent_{*this, &StreamCall::leave};
  MemberEvent<StreamCall> ended_{*this, &StreamCall::leave};
};

}  // namespace

void accept_streams(ServerState& state, ::grpc::ServerCompletionQueue& queue) { StreamCall::accept(state, queue); }

}  // namespace vidi::grpc
