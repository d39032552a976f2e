#pragma once
// What the calls of one server share, and what each knows of its caller.

#include <grpcpp/server_context.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "grpc/server.hpp"
#include "proto/health.grpc.pb.h"
#include "proto/inference.grpc.pb.h"

namespace vidi::grpc {

// A call that does not end by itself.
class LongCall {
 public:
  virtual ~LongCall() = default;

  // Any thread: it answers what it has read and ends.
  virtual void stop() = 0;
};

// Those that are there. Any thread.
class LongCalls {
 public:
  void add(std::shared_ptr<LongCall> call);
  void remove(const std::shared_ptr<LongCall>& call);
  // Those that are there and those that are added later.
  void stop();

 private:
  std::mutex mutex_;
  std::set<std::shared_ptr<LongCall>> calls_;
  bool stopped_ = false;
};

struct ServerState {
  ServerOptions options;
  Application application;
  std::vector<boost::asio::any_io_executor> executors;
  ::inference::GRPCInferenceService::AsyncService service;
  ::grpc::health::v1::Health::AsyncService health;
  LongCalls long_calls;
  std::atomic<std::size_t> turn = 0;
  std::atomic<std::size_t> requests = 0;  // being handled
  std::atomic<std::size_t> arrivals = 0;  // of requests, all together
  std::atomic<bool> stopping = false;

  boost::asio::any_io_executor& next_executor() {
    return executors[turn.fetch_add(1, std::memory_order_relaxed) % executors.size()];
  }
};

// Who calls.
struct Caller {
  ServerState& state;
  ::grpc::ServerContext& context;
  Timestamp arrived;
  std::string user;                            // empty: not known
  telemetry::RequestRecord* record = nullptr;  // where the answerer writes what he did; null: nobody wants to know
};

// Fills in the caller's user. Errors: those of Application::admit, invalid_argument (a name that is too long).
Result<void> admit(Caller& caller, Access access);

// Whether it is worth starting. Error deadline_exceeded: its answer cannot be in time, or nobody waits for it.
Result<void> check_in_time(const Caller& caller);

// One of ServerOptions::max_requests, for as long as it lives.
class Slot {
 public:
  explicit Slot(ServerState& state);
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  Slot(Slot&&) = delete;
  Slot& operator=(Slot&&) = delete;

  // Errors: overloaded (there are too many), unavailable (the server ends).
  [[nodiscard]] Result<void> check() const;

 private:
  ServerState& state_;
  bool granted_;
};

// The methods, each in the file that is named beside it: accepts calls on the queue until the server ends.
void accept_inference(ServerState& state, ::grpc::ServerCompletionQueue& queue);  // inference_service.cpp
void accept_streams(ServerState& state, ::grpc::ServerCompletionQueue& queue);    // stream_call.cpp
void accept_health(ServerState& state, ::grpc::ServerCompletionQueue& queue);     // health_service.cpp

// One request to infer, of a call of its own or of a stream.
Task<Result<void>> infer(Caller& caller, const ::inference::ModelInferRequest& request,
                         ::inference::ModelInferResponse& response);  // inference_service.cpp

// Whether requests can be answered now.
Task<bool> is_ready(ServerState& state);

}  // namespace vidi::grpc
