#pragma once
// Several tasks at the same time.

#include <optional>
#include <utility>
#include <vector>

#include "core/task.hpp"

namespace vidi {
namespace detail {

Task<void> run_all(std::vector<Task<void>> tasks);

}  // namespace detail

// Runs the tasks on the caller's executor, waits for all, and returns what they returned, in their order. When some
// throw, one of the exceptions is thrown after all have ended.
template <typename T>
Task<std::vector<T>> when_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<T>> stored(tasks.size());
  std::vector<Task<void>> storing;
  storing.reserve(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    storing.push_back(store_result(std::move(tasks[i]), stored[i]));
  }
  co_await detail::run_all(std::move(storing));
  std::vector<T> results;
  results.reserve(stored.size());
  for (auto& result : stored) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace vidi
