#include "recognition/digest_locks.hpp"

#include <utility>
#include <vector>

namespace vidi::recognition {

Task<void> DigestLocks::lock_shared(Digest digest) { co_await lock(digest, false); }
Task<void> DigestLocks::lock_exclusive(Digest digest) { co_await lock(digest, true); }

bool DigestLocks::try_lock(const Digest& digest, bool exclusive) {
  Entry& entry = entries_[digest];
  if (entry.exclusive || !entry.waiters.empty() || (exclusive && entry.shared > 0)) return false;
  if (exclusive) {
    entry.exclusive = true;
  } else {
    ++entry.shared;
  }
  return true;
}

Task<void> DigestLocks::lock(Digest digest, bool exclusive) {
  {
    const std::scoped_lock held(mutex_);
    if (try_lock(digest, exclusive)) co_return;
  }
  // The holder may have unlocked in between: the second try and the queueing are one step.
  auto start = [this, &digest, exclusive](Completion<bool> resume) {
    std::unique_lock held(mutex_);
    if (try_lock(digest, exclusive)) {
      held.unlock();
      resume(true);
      return;
    }
    entries_[digest].waiters.push_back({exclusive, std::move(resume)});
  };
  co_await wait_for<bool>(start);
}

void DigestLocks::unlock_shared(const Digest& digest) {
  std::unique_lock held(mutex_);
  --entries_[digest].shared;
  hand_over(digest, std::move(held));
}

void DigestLocks::unlock_exclusive(const Digest& digest) {
  std::unique_lock held(mutex_);
  entries_[digest].exclusive = false;
  hand_over(digest, std::move(held));
}

// Gives the lock to those who wait and can have it now; forgets a digest that nobody holds.
void DigestLocks::hand_over(const Digest& digest, std::unique_lock<std::mutex> held) {
  const auto found = entries_.find(digest);
  Entry& entry = found->second;
  std::vector<Completion<bool>> resumed;
  while (!entry.waiters.empty() && !entry.exclusive) {
    Waiter& next = entry.waiters.front();
    if (next.exclusive && entry.shared > 0) break;
    if (next.exclusive) {
      entry.exclusive = true;
    } else {
      ++entry.shared;
    }
    resumed.push_back(std::move(next.resume));
    entry.waiters.pop_front();
  }
  if (entry.shared == 0 && !entry.exclusive) entries_.erase(found);
  held.unlock();
  for (auto& resume : resumed) resume(true);
}

}  // namespace vidi::recognition
