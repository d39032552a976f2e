#include "core/when_all.hpp"

#include <atomic>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <memory>

namespace vidi::detail {

Task<void> run_all(std::vector<Task<void>> tasks) {
  struct State {
    explicit State(std::size_t count) : left(count), thrown(count) {}

    std::atomic<std::size_t> left;
    std::vector<std::exception_ptr> thrown;
    Completion<bool> done;
  };
  if (tasks.empty()) co_return;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = std::make_shared<State>(tasks.size());
  co_await wait_for<bool>([&](Completion<bool> done) {
    state->done = std::move(done);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      spawn(executor, std::move(tasks[i]), [state, i](std::exception_ptr thrown) {
        state->thrown[i] = std::move(thrown);
        if (--state->left == 0) state->done(true);
      });
    }
  });
  for (const std::exception_ptr& thrown : state->thrown) {
    if (thrown) std::rethrow_exception(thrown);
  }
}

}  // namespace vidi::detail
