#pragma once
// Work for a number of tasks on one thread, as a server's connections make it.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "core/task.hpp"

namespace vidi {

// Calls `one`, which returns Task<bool>, with every number below `total`, in falling order; `tasks` at a time.
class Load {
 public:
  explicit Load(std::uint64_t total) : left_(total) {}

  template <typename One>
    requires std::invocable<One, std::uint64_t>
  void run_tasks(std::size_t tasks, One one) {
    boost::asio::io_context context(1);
    for (std::size_t i = 0; i < tasks; ++i) {
      boost::asio::co_spawn(context, repeat(one), boost::asio::detached);
    }
    context.run();
  }

  // Whether one of the calls returned false.
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  template <typename One>
    requires std::invocable<One, std::uint64_t>
  Task<void> repeat(One& one) {
    while (left_ > 0) {
      const bool done = co_await one(--left_);
      if (!done) failed_ = true;
    }
  }

  std::uint64_t left_;
  bool failed_ = false;
};

}  // namespace vidi
