#pragma once
// A network that can be run: tensors in, tensors out. Implementations: openvino/, and fake.hpp for tests.
// Batching, caching and metrics are wrappers of the same interface.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::inference {

// A dense float32 tensor, row-major; the first dimension is the batch.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;  // as many as the product of `shape`
};

// An input or output of a network.
struct TensorInfo {
  std::string name;
  std::vector<std::int64_t> shape;  // -1: any size
};

// Every method may be called from several threads at once. A model must outlive the tasks it has returned.
class Model {
 public:
  virtual ~Model() = default;

  [[nodiscard]] virtual const TensorInfo& input() const = 0;
  [[nodiscard]] virtual const TensorInfo& output() const = 0;

  // Runs one batch. Errors: invalid_argument (a shape that the network does not take), internal.
  virtual Task<Result<Tensor>> infer(Tensor input) = 0;
};

// How exactly a network is computed.
enum class Precision {
  f32,
  bf16,  // products of numbers with 8 binary digits, sums in float32: up to twice as fast, probabilities differ by
         // about 0.01; f32 where the processor cannot do it
};

struct LoadOptions {
  std::string name;    // of the model, in the metrics
  std::string input;   // the name of the input to feed; empty: the only one
  std::string output;  // the name of the output to read; empty: the only one
  Precision precision = Precision::f32;
  std::size_t threads = 1;  // of one inference; several run at the same time on the threads that ask for them
};

// Reads and compiles a network for this machine's processor.
// Errors: not_found (no such file), invalid_argument (it cannot be read or has other inputs and outputs).
Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options);

}  // namespace vidi::inference
