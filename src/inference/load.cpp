#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "inference/batching.hpp"
#include "inference/model.hpp"
#include "inference/openvino/openvino_model.hpp"

namespace vidi::inference {
namespace {

using std::chrono::microseconds;
using Clock = std::chrono::steady_clock;

// A hand-over to another thread and back takes 10 to 20 microseconds: a network whose row takes less than a few of them
// is computed on the thread that asks.
constexpr microseconds kSmall{60};

// What several threads must save of a row's time to be worth their company.
constexpr double kWorthwhile = 0.8;

// The median time of one row; absent for a network whose input has open sizes.
std::optional<Clock::duration> time_of_row(Model& model) {
  constexpr std::size_t kRuns = 15;
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
  std::vector<Clock::duration> times;
  const auto begin = Clock::now();
  // The first run allocates and does not count.
  for (std::size_t i = 0; i <= kRuns && (i < 3 || Clock::now() - begin < kEnough); ++i) {
    Tensor input = row;
    const auto start = Clock::now();
    if (!run(model.infer(std::move(input)))) return std::nullopt;
    if (i > 0) times.push_back(Clock::now() - start);
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

}  // namespace

Result<std::unique_ptr<Model>> load_model(const std::string& path, const LoadOptions& options) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  LoadOptions one = options;
  if (one.threads == 0) one.threads = 1;
  auto model = load_openvino_model(path, one);
  if (!model) return model;
  BatchOptions batches{.streams = options.streams, .own_threads = true};
  if (options.threads > 0 || options.streams > 0) return batch(std::move(*model), batches);
  const auto alone = time_of_row(**model);
  if (alone && *alone < kSmall) {
    batches.own_threads = false;
    return batch(std::move(*model), batches);
  }
  // One batch at a time on all processors is answered soonest, and the next one is fuller.
  LoadOptions all = options;
  all.threads = processors;
  auto wide = load_openvino_model(path, all);
  if (!wide) return wide;
  const auto together = time_of_row(**wide);
  if (!alone || !together || *together < *alone * kWorthwhile) {
    batches.streams = 1;
    return batch(std::move(*wide), batches);
  }
  return batch(std::move(*model), batches);
}

}  // namespace vidi::inference
