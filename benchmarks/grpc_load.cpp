// Requests to infer over gRPC, so many in flight at a time, at any server of the Open Inference Protocol.
//   grpc_load --address 127.0.0.1:8001 --model digits-cnn --input image --shape 1,28,28,1 [--in-flight 64]
// One row of floats each; connections share the requests in flight among them. Prints requests a second and latencies.

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "proto/inference.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
using Service = inference::GRPCInferenceService;

struct Options {
  std::string address = "127.0.0.1:8001";
  std::string model = "digits-cnn";
  std::string input = "image";
  std::vector<std::int64_t> shape{1, 28, 28, 1};
  std::size_t in_flight = 64;
  std::size_t connections = 1;
  double seconds = 5;
  double warm_up = 1;
};

inference::ModelInferRequest make_request(const Options& options) {
  inference::ModelInferRequest request;
  request.set_model_name(options.model);
  auto& input = *request.add_inputs();
  input.set_name(options.input);
  input.set_datatype("FP32");
  for (const std::int64_t size : options.shape) input.add_shape(size);
  const auto count = std::accumulate(options.shape.begin(), options.shape.end(), std::int64_t{1}, std::multiplies<>());
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) / 7;
  request.add_raw_input_contents(values.data(), values.size() * sizeof(float));
  return request;
}

struct Call {
  grpc::ClientContext context;
  inference::ModelInferResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  Clock::time_point begin;
  Service::Stub* stub = nullptr;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), request_(make_request(options)) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt("benchmark.connection", static_cast<int>(i));  // so that they are not one connection
      stubs_.push_back(
          Service::NewStub(grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(), arguments)));
    }
  }

  void run() {
    const auto begin = Clock::now();
    const auto measured = begin + as_duration(options_.warm_up);
    const auto end = measured + as_duration(options_.seconds);
    for (std::size_t i = 0; i < options_.in_flight; ++i) start(*stubs_[i % stubs_.size()]);
    void* tag = nullptr;
    for (bool ok = false; waiting_ > 0 && queue_.Next(&tag, &ok);) {
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      --waiting_;
      const auto now = Clock::now();
      if (!call->status.ok()) {
        fmt::print(stderr, "grpc_load: {}\n", call->status.error_message());
        std::exit(EXIT_FAILURE);  // NOLINT(concurrency-mt-unsafe): nobody else is there to be disturbed
      }
      if (now >= measured && now < end) latencies_.push_back(now - call->begin);
      if (now < end) start(*call->stub);
    }
  }

  void report() {
    std::ranges::sort(latencies_);
    fmt::print("{} in flight on {} connections: {:.0f} requests/s, p50 {:.3f} ms, p99 {:.3f} ms\n", options_.in_flight,
               stubs_.size(), static_cast<double>(latencies_.size()) / options_.seconds, percentile(50),
               percentile(99));
  }

 private:
  static Clock::duration as_duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  void start(Service::Stub& stub) {
    auto call = std::make_unique<Call>();
    call->stub = &stub;
    call->begin = Clock::now();
    call->reader = stub.AsyncModelInfer(&call->context, request_, &queue_);
    Call* const tag = call.release();
    tag->reader->Finish(&tag->response, &tag->status, tag);
    ++waiting_;
  }

  [[nodiscard]] double percentile(std::size_t percent) const {
    if (latencies_.empty()) return 0;
    const auto latency = latencies_[std::min(latencies_.size() - 1, latencies_.size() * percent / 100)];
    return std::chrono::duration<double, std::milli>(latency).count();
  }

  const Options options_;
  const inference::ModelInferRequest request_;
  std::vector<std::unique_ptr<Service::Stub>> stubs_;
  grpc::CompletionQueue queue_;
  std::size_t waiting_ = 0;
  std::vector<Clock::duration> latencies_;
};

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App program("Requests to infer over gRPC");
  program.add_option("--address", options.address, "host:port");
  program.add_option("--model", options.model);
  program.add_option("--input", options.input, "the input's name");
  program.add_option("--shape", options.shape, "of the input")->delimiter(',');
  program.add_option("--in-flight", options.in_flight)->check(CLI::PositiveNumber);
  program.add_option("--connections", options.connections)->check(CLI::PositiveNumber);
  program.add_option("--seconds", options.seconds);
  program.add_option("--warm-up", options.warm_up, "seconds of load before it is measured");
  CLI11_PARSE(program, count, arguments);
  Load load(options);
  load.run();
  load.report();
  return 0;
}
