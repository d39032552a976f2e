#pragma once
// A runtime for tests of what chooses and tunes one: it reads no file, and its networks are those of fake.hpp.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "inference/runtime.hpp"

namespace vidi::inference {

struct FakeRuntimeOptions {
  Attributes attributes;  // what its spans view must outlive the runtime
  // What a batch takes when so many threads work on it; empty: nothing.
  std::function<std::chrono::microseconds(std::size_t threads)> time_of_batch;
};

// What a fake runtime was asked for. Not thread-safe but for `inferred`.
struct FakeRuntimeLog {
  std::vector<LoadOptions> loads;
  std::atomic<std::size_t> inferred = 0;  // batches of its models
};

// Its models take (n, 1, 1, 1) and have 10 classes; its picture networks answer the sum of each picture's bytes. Every
// file has the input and the output of such a model, and no layers. `log` must outlive the runtime and its models.
std::unique_ptr<Runtime> make_fake_runtime(FakeRuntimeOptions options, FakeRuntimeLog& log);

}  // namespace vidi::inference
