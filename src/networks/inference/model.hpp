#pragma once
// A network that can be run: tensors in, tensors out. A runtime (runtime.hpp) loads one; fake.hpp has one for tests.
// Batching, caching and metrics are wrappers of the same interface.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "inference/precision.hpp"

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

// When an answer is no use any more.
using Deadline = std::chrono::steady_clock::time_point;
constexpr Deadline kNoDeadline = Deadline::max();

// How a network was used since it was loaded.
struct Statistics {
  struct Batches {
    std::uint64_t count = 0;
    std::chrono::nanoseconds computed{};  // in all of them together
  };
  std::map<std::size_t, Batches> by_rows;  // by the rows of a batch
  std::chrono::nanoseconds waited{};       // until their batch began, all requests together
};

// Every method may be called from several threads at once. A model must outlive the tasks it has returned.
class Model {
 public:
  virtual ~Model() = default;

  [[nodiscard]] virtual const TensorInfo& input() const = 0;
  [[nodiscard]] virtual const TensorInfo& output() const = 0;

  // Runs one batch. A model that lets requests wait does not begin one that would be late.
  // Errors: invalid_argument (a shape that the network does not take), overloaded (too much waits), deadline_exceeded,
  // internal.
  virtual Task<Result<Tensor>> infer(Tensor input, Deadline deadline) = 0;
  Task<Result<Tensor>> infer(Tensor input) { return infer(std::move(input), kNoDeadline); }

  // Whether so much waits that infer() would refuse: then what comes before it need not be done either.
  [[nodiscard]] virtual bool overloaded() const { return false; }

  // Empty for a model that does not count.
  [[nodiscard]] virtual Statistics statistics() const { return {}; }
};

struct LoadOptions {
  std::string name;    // of the model, in the metrics
  std::string input;   // the name of the input to feed; empty: the only one
  std::string output;  // the name of the output to read; empty: the only one
  Precision precision = Precision::f32;
  // Processors that work on one batch, and batches computed at the same time. 0: tuning.hpp chooses.
  std::size_t threads = 0;
  std::size_t streams = 0;
  std::size_t batch = 32;                   // rows at most that are inferred together
  std::chrono::milliseconds max_wait{100};  // see BatchOptions
  // The shapes in which the caller can feed the input, the best first; -1: any size, and always the batch. What the
  // network leaves open is settled by the first that it can take. Empty: as the network has it.
  std::vector<std::vector<std::int64_t>> input_shapes;
  // Values for inputs besides, which the network wants and pictures do not have, such as the share that a dropout
  // keeps.
  std::map<std::string, double> constants;
};

}  // namespace vidi::inference
