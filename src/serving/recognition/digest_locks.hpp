#pragma once
// A reader-writer lock for each picture: recording predictions of it shares the lock, forgetting it has it alone.

#include <deque>
#include <mutex>
#include <unordered_map>

#include "core/digest.hpp"
#include "core/task.hpp"

namespace vidi::recognition {

// Any thread. A waiting exclusive lock goes before later shared ones. Every lock must be unlocked by its holder; see
// the guards below.
class DigestLocks {
 public:
  // Usually done at once, without suspending.
  Task<void> lock_shared(Digest digest);
  Task<void> lock_exclusive(Digest digest);
  void unlock_shared(const Digest& digest);
  void unlock_exclusive(const Digest& digest);

 private:
  struct Waiter {
    bool exclusive = false;
    Completion<bool> resume;
  };
  struct Entry {
    int shared = 0;
    bool exclusive = false;
    std::deque<Waiter> waiters;
  };

  bool try_lock(const Digest& digest, bool exclusive);
  Task<void> lock(Digest digest, bool exclusive);
  void hand_over(const Digest& digest, std::unique_lock<std::mutex> held);

  std::mutex mutex_;
  std::unordered_map<Digest, Entry> entries_;  // of digests that are locked now
};

// Unlocks when it goes out of scope.
class SharedGuard {
 public:
  SharedGuard(DigestLocks& locks, const Digest& digest) : locks_(locks), digest_(digest) {}
  ~SharedGuard() { locks_.unlock_shared(digest_); }
  SharedGuard(const SharedGuard&) = delete;
  SharedGuard& operator=(const SharedGuard&) = delete;

 private:
  DigestLocks& locks_;
  const Digest digest_;
};

class ExclusiveGuard {
 public:
  ExclusiveGuard(DigestLocks& locks, const Digest& digest) : locks_(locks), digest_(digest) {}
  ~ExclusiveGuard() { locks_.unlock_exclusive(digest_); }
  ExclusiveGuard(const ExclusiveGuard&) = delete;
  ExclusiveGuard& operator=(const ExclusiveGuard&) = delete;

 private:
  DigestLocks& locks_;
  const Digest digest_;
};

}  // namespace vidi::recognition
