#include "core/backoff.hpp"

#include <gtest/gtest.h>

namespace vidi {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToTheLongestPause) {
  Backoff backoff(200ms, 5000ms);
  for (const auto expected : {200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms}) {
    EXPECT_EQ(backoff.pause(), expected);
    EXPECT_EQ(backoff.next(), expected);
  }
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff backoff(100ms, 1000ms);
  backoff.next();
  backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.next(), 100ms);
  EXPECT_EQ(backoff.next(), 200ms);
}

TEST(Backoff, NeverOverflows) {
  Backoff backoff(1ms, std::chrono::milliseconds::max());
  for (int i = 0; i < 200; ++i) EXPECT_GT(backoff.next(), 0ms);
  EXPECT_EQ(backoff.pause(), std::chrono::milliseconds::max());
}

TEST(Backoff, MayBeAsLongFromTheBeginning) {
  Backoff backoff(500ms, 500ms);
  EXPECT_EQ(backoff.next(), 500ms);
  EXPECT_EQ(backoff.next(), 500ms);
}

}  // namespace
}  // namespace vidi
