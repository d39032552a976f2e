#ifndef VIDI_CORE_TASK_IMPL_HPP  // precompiled: see scripts/lint.py
#define VIDI_CORE_TASK_IMPL_HPP
// The bodies of task.hpp's templates.

#include <optional>
#include <type_traits>
#include <utility>

#include "core/task.hpp"

namespace vidi {
namespace detail {

// Not templates: each type that is waited for through Asio itself takes the compiler half a second.
// Suspends the task until `resume`, which start(resume) is given, has been called, from any thread.
using Resume = std::move_only_function<void()>;
Task<void> suspend(std::move_only_function<void(Resume)> start);
void run_until_done(Task<void> task);

}  // namespace detail

template <typename T, typename Start>
  requires std::invocable<Start, Completion<T>>
Task<T> wait_for(Start start) {
  std::optional<T> result;  // lives until the completion is gone, since `resume` owns the suspended task
  co_await detail::suspend([&](detail::Resume resume) {
    start([&result, resume = std::move(resume)](T value) mutable {
      result.emplace(std::move(value));
      resume();
    });
  });
  co_return std::move(*result);
}

template <typename T>
Task<void> store_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

template <typename T>
T run(Task<T> task) {
  if constexpr (std::is_void_v<T>) {
    detail::run_until_done(std::move(task));
  } else {
    std::optional<T> result;
    detail::run_until_done(store_result(std::move(task), result));
    return std::move(*result);
  }
}

}  // namespace vidi

#endif  // VIDI_CORE_TASK_IMPL_HPP
