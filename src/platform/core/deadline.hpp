#pragma once
// Waiting for a task no longer than so long.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.hpp"

namespace vidi {

// What the task returns, or nothing when it takes longer. Then it goes on by itself until it ends: it runs on the
// caller's executor, which together with whatever the task uses must live until then (one that runs until nothing is
// left to do does). An exception of the task is no answer either. The executor's work is done by one thread.
template <typename T>
Task<std::optional<T>> within(std::chrono::milliseconds limit, Task<T> task) {
  using Answer = std::optional<T>;
  struct State {
    explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}

    bool over = false;
    Completion<Answer> done;
    boost::asio::steady_timer timer;

    void finish(Answer answer) {
      if (!std::exchange(over, true)) done(std::move(answer));
    }
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  auto start = [&](Completion<Answer> done) {
    state->done = std::move(done);
    state->timer.expires_after(limit);
    state->timer.async_wait([state](const boost::system::error_code& error) {
      if (!error) state->finish(std::nullopt);
    });
    boost::asio::co_spawn(executor, std::move(task), [state](const std::exception_ptr& thrown, T value) {
      state->timer.cancel();
      state->finish(thrown ? Answer() : Answer(std::move(value)));
    });
  };
  co_return co_await wait_for<Answer>(start);
}

}  // namespace vidi
