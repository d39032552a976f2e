#pragma once
// Waiting for a task no longer than so long.

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.hpp"

namespace vidi {

// What the task returns, or nothing when it takes longer. Then it goes on by itself until it ends: it runs on
// `executor`, which together with whatever the task uses must live until then. An exception of the task is no answer
// either.
template <typename T>
Task<std::optional<T>> within(std::chrono::milliseconds limit, boost::asio::any_io_executor executor, Task<T> task) {
  using Answer = std::optional<T>;
  struct State {
    std::atomic<bool> over = false;
    Completion<Answer> done;

    void finish(Answer answer) {
      if (!over.exchange(true)) done(std::move(answer));
    }
  };
  const auto state = std::make_shared<State>();
  const auto timer = std::make_shared<boost::asio::steady_timer>(executor, limit);
  co_return co_await wait_for<Answer>([&](Completion<Answer> done) {
    state->done = std::move(done);
    // The timer is of the executor alone, as the task is.
    boost::asio::post(executor, [state, timer] {
      timer->async_wait([state](const boost::system::error_code& error) {
        if (!error) state->finish(std::nullopt);
      });
    });
    boost::asio::co_spawn(executor, std::move(task), [state, timer](const std::exception_ptr& thrown, T value) {
      timer->cancel();
      state->finish(thrown ? Answer() : Answer(std::move(value)));
    });
  });
}

}  // namespace vidi
