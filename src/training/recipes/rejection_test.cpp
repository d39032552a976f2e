#include "recipes/rejection.hpp"

#include <gtest/gtest.h>

namespace vidi::recipes {
namespace {

// A hundred digits that a model is 1 %, 2 % ... 100 % sure of.
std::vector<HeldOutAnswer> hundred() {
  std::vector<HeldOutAnswer> answers;
  for (int percent = 1; percent <= 100; ++percent) answers.push_back({.label = 3, .probability = percent / 100.0});
  return answers;
}

TEST(Rejection, AcceptsWhatIsSureEnough) {
  EXPECT_TRUE(accepted({.probability = 0.5}, 0.5));
  EXPECT_FALSE(accepted({.probability = 0.49}, 0.5));
}

TEST(Rejection, CountsThePartThatIsAccepted) {
  EXPECT_DOUBLE_EQ(accepted_part(hundred(), 0.91), 0.1);
  EXPECT_DOUBLE_EQ(accepted_part({}, 0.5), 0.0);
}

TEST(Rejection, CalibratesToTheStrictestThatLosesNoMoreThanItMay) {
  const std::vector<HeldOutAnswer> digits = hundred();
  EXPECT_DOUBLE_EQ(calibrate(std::vector<Limit>{{digits, 0.5}}), 0.51);
  EXPECT_DOUBLE_EQ(calibrate(std::vector<Limit>{{digits, 0.5}, {digits, 0.4}}), 0.41) << "every limit counts";
  EXPECT_DOUBLE_EQ(calibrate(std::vector<Limit>{{digits, 0.0}}), 0.10) << "none can be kept: the mildest";
  EXPECT_DOUBLE_EQ(calibrate(std::vector<Limit>{{digits, 1.0}}), 0.90) << "all can be kept: the strictest";
}

}  // namespace
}  // namespace vidi::recipes
