#include "core/worker_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace vidi {
namespace {

Task<Result<int>> square_on(WorkerPool& pool, int value) {
  auto work = [value]() -> Result<int> { return value * value; };
  co_return co_await run_on(pool, work);
}

TEST(WorkerPool, RunsWorkOnAnotherThreadAndReturnsItsValue) {
  WorkerPool pool({.threads = 1, .max_queue = 1});
  EXPECT_EQ(run(square_on(pool, 7)).value(), 49);
}

TEST(WorkerPool, RefusesWhatDoesNotFitItsQueue) {
  std::promise<void> started;
  std::promise<void> release;
  std::future<void> released = release.get_future();
  // After what its work refers to: it ends first.
  WorkerPool pool({.threads = 1, .max_queue = 1});
  ASSERT_TRUE(pool.submit([&] {
    started.set_value();
    released.wait();
  }));
  started.get_future().wait();
  ASSERT_TRUE(pool.submit([] {}));
  const auto refused = run(square_on(pool, 2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::overloaded);
  release.set_value();
}

TEST(WorkerPool, FinishesWhatWaitsBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool({.threads = 2, .max_queue = 1000});
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace vidi
