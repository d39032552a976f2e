#include "core/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <numeric>
#include <thread>

namespace vidi {
namespace {

using std::chrono::milliseconds;

TEST(BoundedQueue, GivesItemsInTheOrderInWhichTheyCame) {
  BoundedQueue<std::unique_ptr<int>> queue(3);
  for (const int value : {1, 2, 3}) EXPECT_TRUE(queue.push(std::make_unique<int>(value)));
  queue.close();
  for (const int value : {1, 2, 3}) EXPECT_EQ(**queue.pop(), value);
  EXPECT_FALSE(queue.pop());
}

TEST(BoundedQueue, HoldsNoMoreThanItsCapacity) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::jthread producer([&] {
    for (int i = 0; i < 100; ++i, ++pushed) queue.push(i);
    queue.close();
  });
  int taken = 0;
  while (const auto item = queue.pop()) {
    EXPECT_EQ(*item, taken++);
    EXPECT_LE(pushed, taken + 3);  // those in the queue, the one in the producer's hand, and the one just taken
  }
  EXPECT_EQ(taken, 100);
}

TEST(BoundedQueue, HoldsNoMoreThanItsWeightButAlwaysOneItem) {
  BoundedQueue<int> queue(100, 10, [](const int& item) { return static_cast<std::size_t>(item); });
  EXPECT_TRUE(queue.push(50));
  std::atomic<bool> second = false;
  std::jthread producer([&] {
    queue.push(6);
    second = true;
    queue.push(5);
    queue.close();
  });
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_FALSE(second);
  EXPECT_EQ(queue.pop(), 50);
  EXPECT_EQ(queue.pop(), 6);
  EXPECT_EQ(queue.pop(), 5);
  EXPECT_FALSE(queue.pop());
}

TEST(BoundedQueue, GivesAFullBatchOrWhatThereIsWhenItIsClosed) {
  BoundedQueue<int> queue(8);
  std::jthread producer([&] {
    for (int i = 0; i < 10; ++i) queue.push(i);
    queue.close();
  });
  EXPECT_EQ(queue.pop(4, milliseconds(10'000)).size(), 4U);
  EXPECT_EQ(queue.pop(4, milliseconds(10'000)).size(), 4U);
  EXPECT_EQ(queue.pop(4, milliseconds(10'000)).size(), 2U);
  EXPECT_TRUE(queue.pop(4, milliseconds(10'000)).empty());
}

TEST(BoundedQueue, DoesNotWaitLongForAFullBatch) {
  BoundedQueue<int> queue(8);
  queue.push(1);
  EXPECT_EQ(queue.pop(4, milliseconds(1)), std::vector<int>{1});
}

TEST(BoundedQueue, LetsProducersGoWhenItIsAbandoned) {
  BoundedQueue<int> queue(1);
  queue.push(1);
  std::jthread producer([&] { EXPECT_FALSE(queue.push(2)); });
  queue.abandon();
  producer.join();
  EXPECT_FALSE(queue.pop());
}

}  // namespace
}  // namespace vidi
