// Bodies of the Open Inference Protocol and of TensorFlow Serving. The first byte says which.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "open_inference/rest.hpp"
#include "tensorflow_serving/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::size_t kMost = 4096;
  vidi::open_inference::ModelMetadata model;
  model.inputs.push_back({.name = "image", .shape = {-1, 2, 2, 1}});
  const vidi::ByteView body(reinterpret_cast<const std::byte*>(data) + 2, size - 2);
  if (data[0] % 4 == 0) {
    (void)vidi::open_inference::parse_infer(body, std::nullopt, kMost);
  } else if (data[0] % 4 == 1) {
    (void)vidi::open_inference::parse_infer(body, data[1], kMost);
  } else if (data[0] % 4 == 2) {
    (void)vidi::tensorflow_serving::parse_predict(body, model, kMost);
  } else {
    (void)vidi::tensorflow_serving::parse_classify(body, model, kMost);
  }
  return 0;
}
