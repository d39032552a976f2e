#ifndef VIDI_CORE_TASK_IMPL_HPP  // precompiled: see scripts/lint.py
#define VIDI_CORE_TASK_IMPL_HPP
// The bodies of task.hpp's templates.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <optional>

#include "core/task.hpp"

namespace vidi {

template <typename T, typename Start>
  requires std::invocable<Start, Completion<T>>
Task<T> wait_for(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      [](auto handler, Start begin) {
        // The work guard keeps the task's executor running while another thread does the work.
        auto executor = boost::asio::get_associated_executor(handler);
        begin([handler = std::move(handler), work = boost::asio::make_work_guard(executor)](T value) mutable {
          auto target = work.get_executor();
          boost::asio::post(target, [handler = std::move(handler), value = std::move(value)]() mutable {
            std::move(handler)(std::move(value));
          });
          work.reset();
        });
      },
      boost::asio::use_awaitable, std::move(start));
}

template <typename T>
T run(Task<T> task) {
  boost::asio::io_context context(1);
  std::exception_ptr thrown;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& error) { thrown = error; });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
  } else {
    std::optional<T> result;
    boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& error, T value) {
      thrown = error;
      result.emplace(std::move(value));
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return std::move(*result);
  }
}

}  // namespace vidi

#endif  // VIDI_CORE_TASK_IMPL_HPP
