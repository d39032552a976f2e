#pragma once
// A queue between threads that holds only so much: who is faster waits for who is slower.

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace vidi {

// Every method may be called from any thread.
template <typename T>
  requires std::movable<T>
class BoundedQueue {
 public:
  // `capacity`: items at most, at least 1. `weigh`, if given, says how much of `max_weight` an item takes, such as its
  // bytes; a single item may be heavier than all of it.
  using Weigh = std::function<std::size_t(const T&)>;
  explicit BoundedQueue(std::size_t capacity, std::size_t max_weight = 0, Weigh weigh = {})
      : capacity_(capacity), max_weight_(max_weight), weigh_(std::move(weigh)) {}

  // Waits for room. False: the queue is closed, and the item is dropped.
  bool push(T item) {
    const std::size_t weight = weigh_ ? weigh_(item) : 0;
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return closed_ || has_room(weight); });
    if (closed_) return false;
    weight_ += weight;
    items_.push_back(std::move(item));
    lock.unlock();
    filled_.notify_one();
    return true;
  }

  // Waits for an item. Absent: the queue is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(take());
    lock.unlock();
    room_.notify_all();
    return item;
  }

  // Waits until there are `count` items, or for `patience` once there is one. None: the queue is closed and empty.
  std::vector<T> pop(std::size_t count, std::chrono::milliseconds patience) {
    std::vector<T> items;
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !items_.empty(); });
    // Never more than fit: otherwise nobody would fill it up.
    const std::size_t wanted = std::min(count, capacity_);
    filled_.wait_for(lock, patience, [&] { return closed_ || items_.size() >= wanted; });
    while (!items_.empty() && items.size() < count) items.push_back(take());
    lock.unlock();
    room_.notify_all();
    // Another taker may have waited for as many, of which some are left.
    filled_.notify_one();
    return items;
  }

  // No more items come; those that are there can still be taken.
  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    room_.notify_all();
    filled_.notify_all();
  }

  // Closes, and drops what is there.
  void abandon() {
    close();
    const std::scoped_lock lock(mutex_);
    items_.clear();
  }

 private:
  [[nodiscard]] bool has_room(std::size_t weight) const {
    if (items_.empty()) return true;
    return items_.size() < capacity_ && (max_weight_ == 0 || weight_ + weight <= max_weight_);
  }

  T take() {
    T item = std::move(items_.front());
    items_.pop_front();
    if (weigh_) weight_ -= weigh_(item);
    return item;
  }

  const std::size_t capacity_;
  const std::size_t max_weight_;
  const Weigh weigh_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  std::deque<T> items_;
  std::size_t weight_ = 0;
  bool closed_ = false;
};

}  // namespace vidi
