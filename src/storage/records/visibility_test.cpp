#include "records/visibility.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::records {
namespace {

Prediction prediction_of(const std::string& user) {
  Prediction prediction;
  prediction.user = user;
  return prediction;
}

TEST(Visibility, IsNoneUnlessItSaysOtherwise) {
  const Visibility forgotten;
  EXPECT_EQ(forgotten, Visibility::none());
  EXPECT_FALSE(forgotten.shows(prediction_of("alice")));
  EXPECT_FALSE(forgotten.shows(prediction_of(""))) << "what nobody is named for is not everybody's";
  EXPECT_EQ(forgotten.narrow({}), std::nullopt);
  EXPECT_EQ(forgotten.narrow({.user = ""}), std::nullopt);
}

TEST(Visibility, OfOnesOwnIsNarrowedToThem) {
  const Visibility own = Visibility::own("alice");
  EXPECT_TRUE(own.shows(prediction_of("alice")));
  EXPECT_FALSE(own.shows(prediction_of("bob")));
  EXPECT_FALSE(own.shows(prediction_of("")));
  const auto narrowed = own.narrow({.model = "digits", .limit = 7});
  ASSERT_TRUE(narrowed);
  EXPECT_EQ(narrowed->user, "alice");
  EXPECT_EQ(narrowed->model, "digits");
  EXPECT_EQ(narrowed->limit, 7U);
}

TEST(Visibility, OfOnesOwnRefusesAQuestionAboutOthers) {
  const Visibility own = Visibility::own("alice");
  EXPECT_EQ(own.narrow({.user = "bob"}), std::nullopt);
  EXPECT_EQ(own.narrow({.user = ""}), std::nullopt);
  ASSERT_TRUE(own.narrow({.user = "alice"}));
}

TEST(Visibility, OfAllLeavesTheQuestionAsItIs) {
  const Visibility all = Visibility::all();
  EXPECT_TRUE(all.shows(prediction_of("bob")));
  EXPECT_TRUE(all.shows(prediction_of("")));
  const auto every = all.narrow({});
  ASSERT_TRUE(every);
  EXPECT_EQ(every->user, std::nullopt);
  const auto one = all.narrow({.user = "bob"});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->user, "bob");
}

}  // namespace
}  // namespace vidi::records
