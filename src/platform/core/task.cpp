#include "core/task.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace vidi {

void spawn(const boost::asio::any_io_executor& executor, Task<void> task, Completion<std::exception_ptr> ended) {
  boost::asio::co_spawn(executor, std::move(task), [ended = std::move(ended)](std::exception_ptr thrown) mutable {
    if (ended) ended(std::move(thrown));
  });
}

namespace detail {

Task<void> suspend(std::move_only_function<void(Resume)> start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
      [](auto handler, std::move_only_function<void(Resume)> begin) {
        // The work guard keeps the task's executor running while another thread does the work.
        auto executor = boost::asio::get_associated_executor(handler);
        begin([handler = std::move(handler), work = boost::asio::make_work_guard(executor)]() mutable {
          auto target = work.get_executor();
          boost::asio::post(target, std::move(handler));
          work.reset();
        });
      },
      boost::asio::use_awaitable, std::move(start));
}

void run_until_done(Task<void> task) {
  boost::asio::io_context context(1);
  std::exception_ptr thrown;
  spawn(context.get_executor(), std::move(task), [&](std::exception_ptr error) { thrown = std::move(error); });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace detail
}  // namespace vidi
