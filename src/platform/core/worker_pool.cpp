#include "core/worker_pool.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace vidi {

class WorkerPool::Implementation {
 public:
  explicit Implementation(Options options) : max_queue_(options.max_queue) {
    const std::size_t threads =
        options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }

  ~Implementation() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  bool submit(std::move_only_function<void()> work) {
    {
      const std::scoped_lock lock(mutex_);
      if (queue_.size() >= max_queue_) return false;
      queue_.push_back(std::move(work));
    }
    ready_.notify_one();
    return true;
  }

  [[nodiscard]] std::size_t threads() const { return threads_.size(); }
  [[nodiscard]] std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
  }
  [[nodiscard]] std::size_t max_queue() const { return max_queue_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto next = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      next();
      next = nullptr;
      lock.lock();
    }
  }

  const std::size_t max_queue_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

WorkerPool::WorkerPool(Options options) : implementation_(std::make_unique<Implementation>(options)) {}
WorkerPool::~WorkerPool() = default;

bool WorkerPool::submit(std::move_only_function<void()> work) { return implementation_->submit(std::move(work)); }
std::size_t WorkerPool::threads() const { return implementation_->threads(); }
std::size_t WorkerPool::waiting() const { return implementation_->waiting(); }
std::size_t WorkerPool::max_queue() const { return implementation_->max_queue(); }

}  // namespace vidi
