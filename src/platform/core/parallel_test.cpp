#include "core/parallel.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace vidi {
namespace {

TEST(InParallel, EachPieceIsDoneOnceAndPhasesDoNotOverlap) {
  std::vector<std::atomic<int>> done(100);
  std::atomic<bool> early = false;
  in_parallel(4, {.phases = 3,
                  .count = [](std::size_t phase) { return phase == 1 ? 0U : 50U; },
                  .work =
                      [&](std::size_t phase, std::size_t index) {
                        for (std::size_t i = 0; phase == 2 && i < 50; ++i) early = early || done[i] == 0;
                        ++done[phase / 2 * 50 + index];
                      }});
  for (const auto& count : done) EXPECT_EQ(count, 1);
  EXPECT_FALSE(early);
  in_parallel(4, 0, [](std::size_t) { FAIL(); });
}

TEST(InParallel, EachPieceIsDoneOnceOnAnyNumberOfThreads) {
  for (const std::size_t threads : {0U, 1U, 3U, 200U}) {
    std::vector<std::atomic<int>> done(100);
    in_parallel(threads, done.size(), [&](std::size_t index) { ++done[index]; });
    for (const auto& count : done) EXPECT_EQ(count, 1) << threads;
  }
}

TEST(InParallel, OneThreadIsTheCallers) {
  in_parallel(1, 10,
              [caller = std::this_thread::get_id()](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(OnThreads, EachHasItsNumberAndIsAThreadOfItsOwn) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<std::size_t> numbers;
  std::atomic<int> arrived = 0;
  on_threads(4, [&](std::size_t number) {
    // All at once, or none would go on.
    for (++arrived; arrived < 4;) std::this_thread::yield();
    const std::scoped_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    numbers.insert(number);
  });
  EXPECT_EQ(numbers, (std::set<std::size_t>{0, 1, 2, 3}));
  EXPECT_EQ(threads.size(), 4U);
  EXPECT_TRUE(threads.contains(std::this_thread::get_id()));
}

TEST(Processors, AreAtLeastOne) { EXPECT_GE(processors(), 1U); }

}  // namespace
}  // namespace vidi
