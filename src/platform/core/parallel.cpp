#include "core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace vidi {

std::size_t processors() { return std::max(1U, std::thread::hardware_concurrency()); }

void on_threads(std::size_t threads, const std::function<void(std::size_t thread)>& work) {
  if (threads == 0) threads = processors();
  std::vector<std::jthread> others;
  others.reserve(threads - 1);
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&work, i] { work(i); });
  work(0);
}

void in_parallel(std::size_t threads, std::size_t count, const std::function<void(std::size_t index)>& work) {
  if (count == 0) return;
  if (threads == 0) threads = processors();
  std::atomic<std::size_t> next = 0;
  on_threads(std::min(threads, count), [&](std::size_t) {
    for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) work(i);
  });
}

void in_parallel(std::size_t threads, const Phases& phases) {
  if (threads == 0) threads = processors();
  std::vector<std::atomic<std::size_t>> next(phases.phases);
  std::barrier barrier(static_cast<std::ptrdiff_t>(threads));
  on_threads(threads, [&](std::size_t) {
    for (std::size_t phase = 0; phase < phases.phases; ++phase) {
      const std::size_t count = phases.count(phase);
      for (std::size_t i = next[phase].fetch_add(1); i < count; i = next[phase].fetch_add(1)) phases.work(phase, i);
      barrier.arrive_and_wait();
    }
  });
}

}  // namespace vidi
