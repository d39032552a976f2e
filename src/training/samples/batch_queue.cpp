#include "samples/batch_queue.hpp"

#include <utility>

namespace vidi::samples {

BatchQueue::BatchQueue(Draw draw, std::uint64_t first, std::size_t threads, std::size_t ahead)
    : draw_(std::move(draw)), ahead_(ahead), next_to_draw_(first), next_to_take_(first) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

BatchQueue::~BatchQueue() = default;  // stops and joins the threads, which are the last member

std::vector<Sample> BatchQueue::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return drawn_.contains(next_to_take_); });
  auto batch = std::move(drawn_.extract(next_to_take_++).mapped());
  changed_.notify_all();
  return batch;
}

void BatchQueue::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return next_to_draw_ < next_to_take_ + ahead_; })) {
    const std::uint64_t number = next_to_draw_++;
    lock.unlock();
    auto batch = draw_(number);
    lock.lock();
    drawn_.emplace(number, std::move(batch));
    changed_.notify_all();
    if (stop.stop_requested()) return;
  }
}

}  // namespace vidi::samples
