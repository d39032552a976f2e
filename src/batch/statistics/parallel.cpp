#include "statistics/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace vidi::statistics {

void in_parallel(std::size_t threads, std::size_t count, const std::function<void(std::size_t)>& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  threads = std::min(threads, count);
  in_parallel(threads, {.phases = 1,
                        .count = [&](std::size_t) { return count; },
                        .work = [&](std::size_t, std::size_t index) { work(index); }});
}

void in_parallel(std::size_t threads, const Phases& phases) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::atomic<std::size_t>> next(phases.phases);
  std::barrier barrier(static_cast<std::ptrdiff_t>(threads));
  auto run = [&] {
    for (std::size_t phase = 0; phase < phases.phases; ++phase) {
      const std::size_t count = phases.count(phase);
      for (std::size_t i = next[phase].fetch_add(1); i < count; i = next[phase].fetch_add(1)) phases.work(phase, i);
      barrier.arrive_and_wait();
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(run);
  run();
}

}  // namespace vidi::statistics
