#include "inference/openvino/value_range.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace vidi::inference {
namespace {

std::vector<float> uniform_values(float low, float high, std::size_t count) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> uniform(low, high);
  std::vector<float> values(count);
  std::ranges::generate(values, [&] { return uniform(random); });
  return values;
}

TEST(ValueRange, KeepsTheWholeOfEvenlySpreadValues) {
  ValueRange range;
  range.add(uniform_values(0, 20, 10'000));
  EXPECT_EQ(range.least(), 0);
  const Range best = range.best(256);
  EXPECT_EQ(best.low, 0);
  EXPECT_NEAR(best.high, 20, 0.3);
}

TEST(ValueRange, HasZeroAmongTheStepsOfBothSigns) {
  ValueRange range;
  range.add(uniform_values(-3, 1, 10'000));
  const Range best = range.best(256);
  EXPECT_NEAR(best.low, -3, 0.1);
  EXPECT_FLOAT_EQ(best.low * 127 / 128, -best.high);
}

// One value in a million is far away: steps for all others are worth more.
TEST(ValueRange, CutsOffWhatIsFarAndRare) {
  ValueRange range;
  range.add(uniform_values(0, 1, 1'000'000));
  range.add(std::vector<float>{9});
  EXPECT_EQ(range.greatest(), 9);
  EXPECT_LT(range.best(256).high, 5);
  // But a tenth of all values is not.
  range.add(std::vector<float>(100'000, 9.0F));
  EXPECT_NEAR(range.best(256).high, 9, 0.2);
}

TEST(ValueRange, DoesNotDependOnTheOrder) {
  std::vector<float> values = uniform_values(-700, 900, 5'000);
  values.push_back(5'000);
  ValueRange forwards;
  forwards.add(values);
  std::ranges::sort(values);
  ValueRange one_by_one;
  for (const float value : values) one_by_one.add({&value, 1});
  EXPECT_NEAR(forwards.best(256).high, one_by_one.best(256).high, 60);
  EXPECT_EQ(forwards.least(), one_by_one.least());
}

TEST(ValueRange, OfNothingButZerosCanStillBeRounded) {
  ValueRange range;
  range.add(std::vector<float>(10, 0.0F));
  EXPECT_GT(range.best(256).high, range.best(256).low);
}

}  // namespace
}  // namespace vidi::inference
