// Any bytes as a request to infer over gRPC: reading must end, and what is taken must be what the shape says.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "grpc/messages.hpp"

namespace vidi::grpc {
namespace {

constexpr std::size_t kMostElements = 4096;

void check(const messages::ModelInferRequest& message) {
  auto request = to_request(message, kMostElements);
  if (!request) {
    if (request.error().code != ErrorCode::invalid_argument || request.error().message.empty()) std::abort();
    return;
  }
  open_inference::InferAnswer answer;
  for (const open_inference::Tensor& tensor : request->inputs) {
    if (!check_size(tensor)) std::abort();
  }
  answer.outputs = std::move(request->inputs);
  messages::ModelInferResponse response;
  write_answer(answer, wants_raw_answer(message), response);
  if (response.outputs_size() != message.inputs_size()) std::abort();
}

}  // namespace
}  // namespace vidi::grpc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inference::ModelInferRequest message;
  if (message.ParseFromArray(data, static_cast<int>(size))) vidi::grpc::check(message);
  return 0;
}
