#pragma once
// What metrics, log and traces are told of one call, or of one request of a stream.

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "grpc/server_state.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::grpc {

// One thread at a time. Its record must stay where it is, so that it is neither copied nor moved.
class Observation {
 public:
  explicit Observation(ServerState& state) : state_(state) {}
  ~Observation() = default;
  Observation(const Observation&) = delete;
  Observation& operator=(const Observation&) = delete;
  Observation(Observation&&) = delete;
  Observation& operator=(Observation&&) = delete;

  // The request has arrived, and has so many bytes. `path` and `context` must outlive this.
  void start(const ::grpc::ServerContext& context, std::string_view path, Timestamp arrived, std::size_t bytes);

  // Where whoever answers writes what he did; null: nobody wants to know.
  [[nodiscard]] telemetry::RequestRecord* record();

  // The answer, of so many bytes, goes to gRPC.
  void answer(const Result<void>& result, const std::string& user, std::size_t bytes);

  // gRPC has sent it, or could not.
  void finish(bool sent);

 private:
  ServerState& state_;
  telemetry::RequestRecord record_;
  std::string remote_address_;
  telemetry::Clock::time_point answered_;
};

}  // namespace vidi::grpc
