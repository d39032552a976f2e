#pragma once
// Waiting for a task no longer than so long.

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.hpp"

namespace vidi {

// What the task returns, or nothing when it takes longer. Then the task goes on by itself until it ends: whatever it
// uses must live until then. An exception of the task is no answer either.
template <typename T>
Task<std::optional<T>> within(std::chrono::milliseconds limit, Task<T> task) {
  using Answer = std::optional<T>;
  struct State {
    std::atomic<bool> over = false;
    Completion<Answer> done;

    void finish(Answer answer) {
      if (!over.exchange(true)) done(std::move(answer));
    }
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = std::make_shared<State>();
  const auto timer = std::make_shared<boost::asio::steady_timer>(executor, limit);
  auto answer = co_await wait_for<Answer>([&](Completion<Answer> done) {
    state->done = std::move(done);
    timer->async_wait([state, timer](const boost::system::error_code& error) {
      if (!error) state->finish(std::nullopt);
    });
    boost::asio::co_spawn(executor, std::move(task), [state](const std::exception_ptr& thrown, T value) {
      state->finish(thrown ? Answer() : Answer(std::move(value)));
    });
  });
  timer->cancel();
  co_return answer;
}

}  // namespace vidi
