#include "auth/quota.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace vidi::auth {
namespace {

using namespace std::chrono_literals;
using Time = TokenBucket::Clock::time_point;

Quota quota(std::string_view text) { return parse_quota(text).value(); }

TEST(Quota, IsANumberOfRequestsByAPeriod) {
  EXPECT_EQ(quota("100/s"), (Quota{100, 1s}));
  EXPECT_EQ(quota("600/min"), (Quota{600, 60s}));
  EXPECT_EQ(quota("1000000/h"), (Quota{1'000'000, 3600s}));
  for (const char* text : {"100/s", "600/min", "5/h"}) EXPECT_EQ(to_string(quota(text)), text);
}

TEST(Quota, NothingElseIsOne) {
  for (const char* text : {"", "100", "/s", "0/s", "-1/s", "1.5/s", "100/d", "100 /s", "100/s ", "1000001/s",
                           "99999999999999999999/s", "100/", "s/100"}) {
    const auto parsed = parse_quota(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(parsed.error().message.find(std::string("'") + text + "'"), std::string::npos);
  }
}

TEST(TokenBucket, HoldsAPeriodsRequestsAndFillsAtTheRate) {
  const Time start{};
  TokenBucket bucket({4, 1s}, start);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(bucket.take(start), 0ns) << i;
  EXPECT_EQ(bucket.take(start), 250ms);
  EXPECT_EQ(bucket.take(start + 249'999'999ns), 1ns);
  EXPECT_EQ(bucket.take(start + 250ms), 0ns);
  EXPECT_EQ(bucket.take(start + 250ms), 250ms);
  // An hour later it is full again, and no more than that.
  for (int i = 0; i < 4; ++i) EXPECT_EQ(bucket.take(start + 1h), 0ns) << i;
  EXPECT_EQ(bucket.take(start + 1h), 250ms);
}

// A third of a second is no whole number of nanoseconds.
TEST(TokenBucket, LosesNothingByRounding) {
  const Time start{};
  TokenBucket bucket({3, 1s}, start);
  int taken = 0;
  for (auto time = 0ns; time < 100s; time += 1'000'003ns) {
    if (bucket.take(start + time) == 0ns) ++taken;
  }
  EXPECT_EQ(taken, 3 + 299);
}

TEST(TokenBucket, TimeThatGoesBackFillsNothing) {
  const Time start{};
  TokenBucket bucket({1, 1s}, start + 10s);
  EXPECT_EQ(bucket.take(start + 10s), 0ns);
  EXPECT_EQ(bucket.take(start), 1s);
  EXPECT_EQ(bucket.take(start + 10s + 400ms), 600ms);
}

TEST(TokenBucket, TheLargestQuotaDoesNotOverflow) {
  const Time start{};
  TokenBucket bucket({kMaxRequests, 3600s}, start);
  for (std::uint64_t i = 0; i < kMaxRequests; ++i) ASSERT_EQ(bucket.take(start), 0ns) << i;
  EXPECT_EQ(bucket.take(start), 3'600'000ns);
  EXPECT_EQ(bucket.take(start + 24000h), 0ns);
}

TEST(TokenBucket, SeveralThreadsTakeNoMoreThanThereIs) {
  const Time start{};
  TokenBucket bucket({1000, 1s}, start);
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) taken += bucket.take(start) == 0ns ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace vidi::auth
