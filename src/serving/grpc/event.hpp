#pragma once
// What a completion queue tells.

#include <grpcpp/completion_queue.h>

#include <utility>

#include "core/task.hpp"

namespace vidi::grpc {

// The tag of an operation.
class Event {
 public:
  virtual ~Event() = default;

  // Once for each operation, on a thread that reads the queue. `ok`: the operation was done.
  virtual void happen(bool ok) = 0;
};

// As a completion queue gives it back.
inline void* tag(Event& event) { return &event; }

// Hands the event to a function of whoever has it as a member.
template <typename Owner>
class MemberEvent final : public Event {
 public:
  MemberEvent(Owner& owner, void (Owner::*function)(bool)) : owner_(owner), function_(function) {}

  void happen(bool ok) override { (owner_.*function_)(ok); }

 private:
  Owner& owner_;
  void (Owner::*function_)(bool);
};

// An operation that a task waits for. One at a time.
class Operation final : public Event {
 public:
  void happen(bool ok) override { std::exchange(done_, {})(ok); }

  // `start` is called with the operation's tag.
  template <typename Start>
  Task<bool> run(Start start) {
    const auto begin = [this, &start](Completion<bool> done) {
      done_ = std::move(done);
      start(tag(*this));
    };
    co_return co_await wait_for<bool>(begin);
  }

 private:
  Completion<bool> done_;
};

}  // namespace vidi::grpc
