#pragma once
// One thread that writes for many: it takes whatever waits as one group, so that a costly step (a commit, an fsync) is
// paid once a group. While a group is being written the next one gathers.

#include <algorithm>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace vidi {

template <std::movable Item>
class GroupWriter {
 public:
  // Called on the writer's thread with what waited, in the order of arrival; the items are destroyed afterwards. It
  // must not throw and must not submit.
  using Write = std::move_only_function<void(std::vector<Item>& group)>;

  // At most `max_waiting` items wait; more are refused.
  GroupWriter(std::size_t max_waiting, Write write) : max_waiting_(max_waiting), write_(std::move(write)) {
    thread_ = std::thread([this] { work(); });
  }

  // Writes what waits.
  ~GroupWriter() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    ready_.notify_one();
    thread_.join();
  }

  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Any thread; never waits for a write. False: too much waits, and `item` is left as it was.
  bool submit(Item&& item) {
    bool wake = false;
    {
      const std::scoped_lock lock(mutex_);
      if (waiting_.size() >= max_waiting_) return false;
      waiting_.push_back(std::move(item));
      wake = std::exchange(sleeping_, false);
    }
    if (wake) ready_.notify_one();
    return true;
  }

  // How many items wait to be written. Any thread.
  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_.size();
  }

  // Only inside Write: adds to the group what has arrived meanwhile, the first item of a burst having woken the writer
  // before the others came. False: nothing has.
  bool gather(std::vector<Item>& group) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) return false;
    std::ranges::move(waiting_, std::back_inserter(group));
    waiting_.clear();
    return true;
  }

 private:
  void work() {
    std::vector<Item> group;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        while (waiting_.empty() && !stopping_) {
          sleeping_ = true;
          ready_.wait(lock);
        }
        sleeping_ = false;
        if (waiting_.empty()) return;
        std::swap(group, waiting_);
      }
      write_(group);
      group.clear();
    }
  }

  const std::size_t max_waiting_;
  Write write_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Item> waiting_;
  bool sleeping_ = false;  // a wake-up costs a system call: only a sleeping writer gets one
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace vidi
