#pragma once
// Several tasks at the same time.

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "core/task.hpp"

namespace vidi {

// Runs the tasks on the caller's executor, waits for all, and returns what they returned, in their order. When some
// throw, one of the exceptions is thrown after all have ended. T must be default constructible.
template <typename T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  struct State {
    explicit State(std::size_t count) : left(count), results(count), thrown(count) {}

    std::atomic<std::size_t> left;
    std::vector<T> results;
    std::vector<std::exception_ptr> thrown;
    Completion<bool> done;
  };
  if (tasks.empty()) co_return std::vector<T>();
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = std::make_shared<State>(tasks.size());
  co_await wait_for<bool>([&](Completion<bool> done) {
    state->done = std::move(done);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      boost::asio::co_spawn(executor, std::move(tasks[i]), [state, i](std::exception_ptr thrown, T result) {
        state->thrown[i] = std::move(thrown);
        state->results[i] = std::move(result);
        if (--state->left == 0) state->done(true);
      });
    }
  });
  for (const std::exception_ptr& thrown : state->thrown) {
    if (thrown) std::rethrow_exception(thrown);
  }
  co_return std::move(state->results);
}

}  // namespace vidi
