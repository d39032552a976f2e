#ifndef VIDI_CORE_TASK_HPP  // precompiled: see scripts/lint.py
#define VIDI_CORE_TASK_HPP
// Task<T>: a coroutine that may wait without holding a thread. Everything that can wait (a store, a model, a client)
// returns one, and the code that uses it reads as straight lines.
//
// A task runs on the executor that started it and comes back to it after every wait, whatever thread did the work.
//
// g++ 12 destroys an aggregate that is built inside a co_await expression twice. Name it first:
//   Query query{.limit = 10};
//   auto page = co_await store.list(std::move(query));

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <utility>

namespace vidi {

template <typename T>
using Task = boost::asio::awaitable<T>;

// Called once, from any thread, with what a waiting task waits for. Move-only.
template <typename T>
using Completion = std::move_only_function<void(T)>;

// Turns an operation that reports through a callback into a task: `start` is called with a Completion<T>, keeps it, and
// calls it once from any thread.
template <typename T, typename Start>
  requires std::invocable<Start, Completion<T>>
Task<T> wait_for(Start start);

// Starts the task on the executor and returns. `ended` is called there when it ends, with its exception or none;
// without `ended` an exception is lost.
void spawn(const boost::asio::any_io_executor& executor, Task<void> task, Completion<std::exception_ptr> ended = {});

// A task that keeps what another returns, in `result`, which must live until then: for spawn().
template <typename T>
Task<void> store_result(Task<T> task, std::optional<T>& result);

// Runs the task on the calling thread until it is done; for command lines and tests. An exception of the task is
// thrown.
template <typename T>
T run(Task<T> task);

}  // namespace vidi

#include "core/task_impl.hpp"

#endif  // VIDI_CORE_TASK_HPP
