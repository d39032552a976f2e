#pragma once
// What the bridge to the Rust driver calls back. Only driver/cassandra and session.cpp include this.

#include <rust/cxx.h>

namespace vidi::cassandra::bridge {

struct Answer;
struct Session;

// One of the two is called, once, from a thread of the driver. Must not throw.
class Waiter {
 public:
  Waiter() = default;
  virtual ~Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  Waiter(Waiter&&) = delete;
  Waiter& operator=(Waiter&&) = delete;

  virtual void done(Answer answer) = 0;
  virtual void connected(rust::Box<Session> session) = 0;
};

}  // namespace vidi::cassandra::bridge
