#include "core/task.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "core/result.hpp"

namespace vidi {
namespace {

Task<int> doubled_elsewhere(int value) {
  std::thread worker;
  auto start = [&](Completion<int> done) {
    worker = std::thread([value, done = std::move(done)]() mutable { done(2 * value); });
  };
  const int result = co_await wait_for<int>(start);
  worker.join();
  co_return result;
}

TEST(Task, WaitsForAnotherThread) { EXPECT_EQ(run(doubled_elsewhere(21)), 42); }

Task<bool> comes_back_to_its_thread() {
  const auto before = std::this_thread::get_id();
  co_await doubled_elsewhere(1);
  co_return std::this_thread::get_id() == before;
}

TEST(Task, ComesBackToItsExecutor) { EXPECT_TRUE(run(comes_back_to_its_thread())); }

Task<Result<std::string>> at_once() {
  auto start = [](Completion<Result<std::string>> done) { done(Result<std::string>("now")); };
  co_return co_await wait_for<Result<std::string>>(start);
}

TEST(Task, MayBeDoneBeforeTheWaitBegins) { EXPECT_EQ(run(at_once()).value(), "now"); }

Task<int> throws() {
  throw std::runtime_error("broken");
  co_return 0;
}

TEST(Task, HandsExceptionsOn) { EXPECT_THROW(run(throws()), std::runtime_error); }

}  // namespace
}  // namespace vidi
