#include "datasets/accuracy.hpp"

#include <gtest/gtest.h>

namespace vidi::datasets {
namespace {

TEST(Accuracy, IsDescribedWithItsInterval) {
  EXPECT_EQ(describe({.correct = 9251, .count = 10'000}),
            "92.51 % of 10,000 test images (95 % interval 91.98 to 93.01)");
  EXPECT_EQ(describe({.correct = 0, .count = 10}), "0.00 % of 10 test images (95 % interval 0.00 to 27.75)");
  EXPECT_EQ(describe({.correct = 10, .count = 10}), "100.00 % of 10 test images (95 % interval 72.25 to 100.00)");
}

TEST(Accuracy, OfNothingIsWithoutMeaningAndWithoutDivisionByZero) {
  const Accuracy nothing;
  EXPECT_EQ(nothing.fraction(), 0.0);
  EXPECT_EQ(wilson_interval(nothing).low, 0.0);
  EXPECT_EQ(wilson_interval(nothing).high, 1.0);
}

// Brown, Cai and DasGupta 2001 describe the interval; these bounds were computed with 40 decimal digits.
TEST(WilsonInterval, EqualsKnownBounds) {
  const Interval interval = wilson_interval({.correct = 15, .count = 20});
  EXPECT_NEAR(interval.low, 0.531299, 1e-6);
  EXPECT_NEAR(interval.high, 0.888138, 1e-6);
}

TEST(WithThousands, SeparatesEveryThirdDigit) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1'000), "1,000");
  EXPECT_EQ(with_thousands(60'000), "60,000");
  EXPECT_EQ(with_thousands(1'234'567), "1,234,567");
}

}  // namespace
}  // namespace vidi::datasets
