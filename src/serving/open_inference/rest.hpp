#pragma once
// The bodies of the Open Inference Protocol over REST: JSON, and tensors in binary behind it (binary tensor data
// extension). Knows no HTTP: src/serving/api/v2.cpp does.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "open_inference/service.hpp"

namespace vidi::open_inference {

struct RestRequest {
  std::string id;
  std::vector<Tensor> inputs;
  std::vector<RequestedOutput> outputs;
  std::vector<bool> binary;        // of `outputs`: whether it is answered in binary
  bool binary_by_default = false;  // of outputs that are not named
  std::uint64_t timeout = 0;       // microseconds for which the client waits, a parameter; 0: for ever
};

// The body of a request to infer. `json_size`: the value of Inference-Header-Content-Length, so many bytes of JSON
// being followed by the binary tensors in the order of the inputs; absent: all is JSON. No tensor may have more than
// `most_elements`. Error invalid_argument says what is wrong with which input.
Result<RestRequest> parse_infer(ByteView body, std::optional<std::size_t> json_size, std::size_t most_elements);

struct RestAnswer {
  std::string body;
  std::optional<std::size_t> json_size;  // set when tensors in binary follow the JSON
};

// `binary` says which of the answer's outputs are written in binary.
RestAnswer write_answer(const InferAnswer& answer, const std::vector<bool>& binary);

// Whether the index is to have only what is ready: {"ready":true}; nothing, or an empty body, asks for all.
// Error: invalid_argument.
Result<bool> parse_index_request(ByteView body);

// {"name":…}: the model's metadata.
std::string write_metadata(const ModelMetadata& metadata);

}  // namespace vidi::open_inference
