#include "inference/tuning.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "inference/batching.hpp"
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

// A network that its runtime has loaded with one thread a batch, and how it is to be batched.
struct Loaded {
  std::unique_ptr<Model> model;
  BatchOptions batches;
};

// Finds how many processors compute a batch fastest, and gives the network as many streams as that leaves room for.
Result<Loaded> measured(const Runtime& runtime, const std::string& path, const LoadOptions& options,
                        std::size_t processors, Loaded loaded) {
  auto shortest = time_of_row(*loaded.model);
  if (!shortest) {
    loaded.batches.streams = usual_streams(processors);
    return loaded;
  }
  if (*shortest < kSmall) {
    loaded.batches.own_threads = false;
    return loaded;
  }
  std::size_t threads = 1;
  while (*shortest >= kLarge && threads * 2 <= processors) {
    LoadOptions more = options;
    more.threads = threads * 2;
    auto wider = runtime.load(path, more);
    if (!wider) return forward_error(wider);
    const auto time = time_of_row(**wider);
    if (!time || *time > kWorthwhile * *shortest) break;
    threads = more.threads;
    shortest = time;
    loaded.model = std::move(*wider);
  }
  loaded.batches.streams = threads == 1 ? usual_streams(processors) : processors / threads;
  return loaded;
}

}  // namespace

Result<std::unique_ptr<Model>> load_tuned(const Runtime& runtime, const std::string& path, const LoadOptions& options,
                                          std::size_t processors) {
  const Attributes attributes = runtime.attributes();
  LoadOptions one = options;
  if (one.threads == 0) one.threads = 1;
  if (!attributes.on_cpu && one.streams == 0) one.streams = attributes.streams;
  auto model = runtime.load(path, one);
  if (!model) return model;
  Loaded loaded{
      .model = std::move(*model),
      .batches = {.rows = options.batch, .streams = one.streams, .own_threads = true, .max_wait = options.max_wait}};
  if (!options.name.empty()) loaded.batches.sizes = &batch_sizes(options.name);
  if (attributes.on_cpu && options.threads == 0 && options.streams == 0) {
    auto best = measured(runtime, path, options, processors, std::move(loaded));
    if (!best) return forward_error(best);
    loaded = std::move(*best);
  }
  return batch(split(std::move(loaded.model), options.batch), loaded.batches);
}

PictureNetworkOptions tuned(const Attributes& attributes, const PictureNetworkOptions& options,
                            std::size_t processors) {
  PictureNetworkOptions chosen = options;
  if (chosen.batch == 0) chosen.batch = attributes.picture_batch;
  if (chosen.threads == 0) chosen.threads = processors;
  if (chosen.streams == 0) chosen.streams = attributes.on_cpu ? chosen.threads : attributes.streams;
  if (attributes.on_cpu) chosen.threads = std::max(chosen.threads, chosen.streams);
  return chosen;
}

}  // namespace vidi::inference
