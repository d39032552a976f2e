#pragma once
// Threads for work that needs the processor (decoding a large picture), kept away from the threads that serve the
// network. The queue is bounded: when it is full the work is refused at once.

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi {

class WorkerPool {
 public:
  struct Options {
    std::size_t threads = 0;      // 0: one a processor
    std::size_t max_queue = 256;  // pieces of work that wait; more are refused
  };

  explicit WorkerPool(Options options);
  // Finishes what waits.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Any thread. False: the queue is full, and `work` will not run. `work` must not throw.
  bool submit(std::move_only_function<void()> work);

  [[nodiscard]] std::size_t threads() const;
  [[nodiscard]] std::size_t waiting() const;    // how much is in the queue
  [[nodiscard]] std::size_t max_queue() const;  // how much fits

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Runs `work()`, which returns a Result, on the pool and waits for it. Error overloaded: the queue is full.
template <typename Work>
Task<std::invoke_result_t<Work>> run_on(WorkerPool& pool, Work work) {
  using Value = std::invoke_result_t<Work>;
  auto start = [&pool, &work](Completion<Value> done) {
    // Shared, because a refused piece of work is destroyed before the caller can be told.
    auto shared = std::make_shared<Completion<Value>>(std::move(done));
    const bool accepted = pool.submit([shared, &work] { (*shared)(work()); });
    if (!accepted) (*shared)(fail(ErrorCode::overloaded, "the server is busy: too many pictures are waiting"));
  };
  co_return co_await wait_for<Value>(start);
}

}  // namespace vidi
