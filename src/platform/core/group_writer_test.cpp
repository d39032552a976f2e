#include "core/group_writer.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <numeric>
#include <thread>

namespace vidi {
namespace {

TEST(GroupWriter, WritesTogetherWhatGatheredDuringAWrite) {
  std::promise<void> started;
  std::promise<void> release;
  std::vector<std::vector<int>> groups;
  {
    GroupWriter<int> writer(100, [&](std::vector<int>& group) {
      if (groups.empty()) {
        started.set_value();
        release.get_future().wait();
      }
      groups.push_back(group);
    });
    ASSERT_TRUE(writer.submit(0));
    started.get_future().wait();
    for (int i = 1; i <= 5; ++i) ASSERT_TRUE(writer.submit(int(i)));
    release.set_value();
  }
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[1], (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(GroupWriter, AWriteMayTakeWhatArrivedSinceItBegan) {
  std::promise<void> started;
  std::promise<void> release;
  std::vector<int> first;
  GroupWriter<int>* self = nullptr;
  {
    GroupWriter<int> writer(100, [&](std::vector<int>& group) {
      if (!first.empty()) return;
      started.set_value();
      release.get_future().wait();
      EXPECT_TRUE(self->gather(group));
      EXPECT_FALSE(self->gather(group));
      first = group;
    });
    self = &writer;
    ASSERT_TRUE(writer.submit(1));
    started.get_future().wait();
    ASSERT_TRUE(writer.submit(2));
    ASSERT_TRUE(writer.submit(3));
    release.set_value();
  }
  EXPECT_EQ(first, (std::vector<int>{1, 2, 3}));
}

TEST(GroupWriter, RefusesWithoutWaitingAndLeavesTheItemWhenTooMuchWaits) {
  std::promise<void> started;
  std::promise<void> release;
  bool first = true;
  GroupWriter<std::unique_ptr<int>> writer(2, [&](std::vector<std::unique_ptr<int>>&) {
    if (!std::exchange(first, false)) return;
    started.set_value();
    release.get_future().wait();
  });
  ASSERT_TRUE(writer.submit(std::make_unique<int>(0)));
  started.get_future().wait();
  ASSERT_TRUE(writer.submit(std::make_unique<int>(1)));
  ASSERT_TRUE(writer.submit(std::make_unique<int>(2)));
  auto refused = std::make_unique<int>(3);
  EXPECT_FALSE(writer.submit(std::move(refused)));
  EXPECT_NE(refused, nullptr);
  release.set_value();
}

TEST(GroupWriter, LosesNothingFromManyThreadsAndKeepsTheOrderOfEach) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kItems = 20'000;
  std::vector<std::vector<std::size_t>> seen(kThreads);
  {
    using Item = std::pair<std::size_t, std::size_t>;
    GroupWriter<Item> writer(kThreads * kItems, [&](std::vector<Item>& group) {
      for (const auto& [thread, item] : group) seen[thread].push_back(item);
    });
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&writer, thread] {
        for (std::size_t i = 0; i < kItems; ++i) EXPECT_TRUE(writer.submit({thread, i}));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<std::size_t> expected(kItems);
  std::iota(expected.begin(), expected.end(), std::size_t{0});
  for (const auto& items : seen) EXPECT_EQ(items, expected);
}

}  // namespace
}  // namespace vidi
