#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "inference/batching.hpp"
#include "inference/model.hpp"
#include "inference/openvino/openvino_model.hpp"
#include "inference/split.hpp"

namespace vidi::inference {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// A hand-over to another thread and back takes 10 to 20 microseconds: a network whose row takes less than a few of them
// is computed on the thread that asks.
constexpr microseconds kSmall{60};

// Threads that share a batch wait for one another, and where another thread wants the processor, all wait for it: worth
// it for a network whose row takes long, and where twice as many threads leave at most so much of its time.
constexpr milliseconds kLarge{5};
constexpr double kWorthwhile = 0.85;

// Batches at the same time: a quarter of the processors is left to what reads, records and answers.
std::size_t usual_streams(std::size_t processors) { return std::max<std::size_t>(1, processors * 3 / 4); }

// The shortest time of one row, which other work on the machine disturbs least; absent for a network whose input has
// open sizes.
std::optional<Clock::duration> time_of_row(Model& model) {
  constexpr std::size_t kRuns = 30;
  constexpr Clock::duration kEnough = std::chrono::milliseconds(200);
  Tensor row{.shape = model.input().shape, .values = {}};
  if (row.shape.empty()) return std::nullopt;
  row.shape.front() = 1;
  std::size_t count = 1;
  for (const std::int64_t size : row.shape) {
    if (size < 1) return std::nullopt;
    count *= static_cast<std::size_t>(size);
  }
  row.values.resize(count);
  Clock::duration shortest = Clock::duration::max();
  const auto begin = Clock::now();
  // The first run allocates and does not count.
  for (std::size_t i = 0; i <= kRuns && (i < 3 || Clock::now() - begin < kEnough); ++i) {
    Tensor input = row;
    const auto start = Clock::now();
    if (!run(model.infer(std::move(input)))) return std::nullopt;
    if (i > 0) shortest = std::min(shortest, Clock::now() - start);
  }
  return shortest;
}

}  // namespace

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  LoadOptions one = options;
  if (one.threads == 0) one.threads = 1;
  auto model = load_openvino_model(path, one);
  if (!model) return model;
  BatchOptions batches{
      .rows = options.batch, .streams = options.streams, .own_threads = true, .max_wait = options.max_wait};
  if (!options.name.empty()) batches.sizes = &batch_sizes(options.name);
  if (options.threads > 0 || options.streams > 0) return batch(split(std::move(*model), options.batch), batches);
  auto shortest = time_of_row(**model);
  if (!shortest) {
    batches.streams = usual_streams(processors);
    return batch(split(std::move(*model), options.batch), batches);
  }
  if (*shortest < kSmall) {
    batches.own_threads = false;
    return batch(split(std::move(*model), options.batch), batches);
  }
  std::size_t threads = 1;
  while (*shortest >= kLarge && threads * 2 <= processors) {
    LoadOptions more = options;
    more.threads = threads * 2;
    auto wider = load_openvino_model(path, more);
    if (!wider) return wider;
    const auto time = time_of_row(**wider);
    if (!time || *time > kWorthwhile * *shortest) break;
    threads = more.threads;
    shortest = time;
    model = std::move(wider);
  }
  batches.streams = threads == 1 ? usual_streams(processors) : processors / threads;
  return batch(split(std::move(*model), options.batch), batches);
}

}  // namespace vidi::inference
