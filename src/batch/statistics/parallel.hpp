#pragma once
// Work in equal pieces on a few threads that live as long as one call: nothing waits or spins between calls, so there
// is nothing that could stand in the way of the program's worker threads. Internal to this module.

#include <cstddef>
#include <functional>

namespace vidi::statistics {

// Calls work(0) to work(count - 1), in any order, on `threads` threads (0: one a processor) of which the caller's is
// one. `work` must not throw.
void in_parallel(std::size_t threads, std::size_t count, const std::function<void(std::size_t)>& work);

// The same in `phases` phases, each of which begins when the one before is done: work(phase, 0) to
// work(phase, count - 1) for a `count` of each phase's own.
struct Phases {
  std::size_t phases = 1;
  std::function<std::size_t(std::size_t phase)> count;
  std::function<void(std::size_t phase, std::size_t index)> work;
};
void in_parallel(std::size_t threads, const Phases& phases);

}  // namespace vidi::statistics
