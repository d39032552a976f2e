#pragma once
// Batches drawn ahead by threads of their own, handed out in their order.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "samples/sampler.hpp"

namespace vidi::samples {

class BatchQueue {
 public:
  using Draw = std::function<std::vector<Sample>(std::uint64_t number)>;

  // `draw` is called from `threads` threads at once, for the batches first, first + 1, and so on; at most `ahead` of
  // them wait to be taken.
  BatchQueue(Draw draw, std::uint64_t first, std::size_t threads, std::size_t ahead = 16);
  ~BatchQueue();
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;
  BatchQueue(BatchQueue&&) = delete;
  BatchQueue& operator=(BatchQueue&&) = delete;

  // The next batch; waits until it is drawn. One thread.
  std::vector<Sample> take();

 private:
  void work(const std::stop_token& stop);

  const Draw draw_;
  const std::size_t ahead_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::uint64_t, std::vector<Sample>> drawn_;  // guarded by mutex_, as the numbers are
  std::uint64_t next_to_draw_;
  std::uint64_t next_to_take_;
  std::vector<std::jthread> threads_;
};

}  // namespace vidi::samples
