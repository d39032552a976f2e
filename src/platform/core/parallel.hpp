#pragma once
// Work shared out over a few threads that live as long as one call: nothing waits or spins between calls, so there is
// nothing that could stand in the way of the program's worker threads. The caller's thread is always one of them.
//
// `threads` is 0 for one on each processor. `work` is called from several threads at once, and must not throw.
// Thread-safe.

#include <cstddef>
#include <functional>

namespace vidi {

// At least 1.
std::size_t processors();

// Calls work(0) to work(threads - 1), each on a thread of its own, and returns when all have.
void on_threads(std::size_t threads, const std::function<void(std::size_t thread)>& work);

// Calls work(0) to work(count - 1), in any order, each on the next thread that is free.
void in_parallel(std::size_t threads, std::size_t count, const std::function<void(std::size_t index)>& work);

// The same in `phases` phases, each of which begins when the one before is done: work(phase, 0) to
// work(phase, count - 1) for a `count` of each phase's own.
struct Phases {
  std::size_t phases = 1;
  std::function<std::size_t(std::size_t phase)> count;
  std::function<void(std::size_t phase, std::size_t index)> work;
};
void in_parallel(std::size_t threads, const Phases& phases);

}  // namespace vidi
