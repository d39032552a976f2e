#pragma once
// Waiting for a task no longer than so long.

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "core/task.hpp"

namespace vidi {
namespace detail {

Task<bool> done_within(std::chrono::milliseconds limit, Task<void> task);

template <typename T>
Task<void> store_shared(Task<T> task, std::shared_ptr<std::optional<T>> result) {
  result->emplace(co_await std::move(task));
}

}  // namespace detail

// What the task returns, or nothing when it takes longer. Then it goes on by itself until it ends: it runs on the
// caller's executor, which together with whatever the task uses must live until then (one that runs until nothing is
// left to do does). An exception of the task is no answer either. The executor's work is done by one thread.
template <typename T>
Task<std::optional<T>> within(std::chrono::milliseconds limit, Task<T> task) {
  const auto result = std::make_shared<std::optional<T>>();
  const bool done = co_await detail::done_within(limit, detail::store_shared(std::move(task), result));
  if (!done) co_return std::nullopt;
  co_return std::move(*result);
}

}  // namespace vidi
