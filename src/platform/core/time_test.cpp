#include "core/time.hpp"

#include <gtest/gtest.h>

namespace vidi {
namespace {

using std::chrono::microseconds;

const Timestamp kMoment{microseconds(1'548'780'906'393'990)};

TEST(Timestamp, PrintsRfc3339WithMicroseconds) {
  EXPECT_EQ(to_string(kMoment), "2019-01-29T16:55:06.393990Z");
  EXPECT_EQ(to_string(Timestamp{}), "1970-01-01T00:00:00.000000Z");
}

TEST(Timestamp, ReadsItsOwnFormAndItsShorterForms) {
  EXPECT_EQ(parse_timestamp("2019-01-29T16:55:06.393990Z"), kMoment);
  EXPECT_EQ(parse_timestamp("2019-01-29 16:55:06.393990"), kMoment);
  EXPECT_EQ(parse_timestamp("2019-01-30T00:55:06.39399+08:00"), kMoment);
  EXPECT_EQ(parse_timestamp("2019-01-29T16:55:06.393990999Z"), kMoment);
  EXPECT_EQ(parse_timestamp("1970-01-01"), Timestamp{});
  EXPECT_EQ(parse_timestamp("1970-01-01T00:01"), Timestamp{microseconds(60'000'000)});
}

TEST(Timestamp, RefusesWhatIsNotATime) {
  for (const char* text : {"", "yesterday", "2019-13-01", "2019-02-29", "2019-01-29T25:00", "2019-01-29T16:55:06.Z",
                           "2019-01-29T16:55:06Zx", "2019-1-29", "20190129", "2019-01-29T", "2019-01-29T16:55:06+8"}) {
    EXPECT_FALSE(parse_timestamp(text)) << text;
  }
}

TEST(Timestamp, NowIsBetweenTheReleaseAndTheNextCentury) {
  EXPECT_GT(now(), *parse_timestamp("2024-01-01"));
  EXPECT_LT(now(), *parse_timestamp("2124-01-01"));
}

}  // namespace
}  // namespace vidi
