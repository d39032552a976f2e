#include "core/deadline.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>

namespace vidi::detail {
namespace {

struct State {
  explicit State(const boost::asio::any_io_executor& executor) : timer(executor) {}

  bool over = false;
  Completion<bool> done;
  boost::asio::steady_timer timer;

  void finish(bool in_time) {
    if (!std::exchange(over, true)) done(in_time);
  }
};

}  // namespace

Task<bool> done_within(std::chrono::milliseconds limit, Task<void> task) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = std::make_shared<State>(executor);
  co_return co_await wait_for<bool>([&](Completion<bool> done) {
    state->done = std::move(done);
    state->timer.expires_after(limit);
    state->timer.async_wait([state](const boost::system::error_code& error) {
      if (!error) state->finish(false);
    });
    spawn(executor, std::move(task), [state](const std::exception_ptr& thrown) {
      state->timer.cancel();
      state->finish(!thrown);
    });
  });
}

}  // namespace vidi::detail
