#include "datasets/evaluation.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::datasets {
namespace {

using testing::ElementsAre;

class EvaluationTest : public testing::Test {
 protected:
  Evaluation evaluation_{{{"Braeburn", "Apple"}, {"Golden", "Apple"}, {"Plum", "Plum"}}};
};

TEST_F(EvaluationTest, APictureMayBeOfALabelAGroupOrNothing) {
  for (const char* truth : {"Braeburn", "Apple", "Plum", "none"}) EXPECT_TRUE(evaluation_.knows(truth)) << truth;
  EXPECT_FALSE(evaluation_.knows("Pear"));
  EXPECT_THAT(evaluation_.known(), ElementsAre("Apple", "Braeburn", "Golden", "Plum"));
}

TEST_F(EvaluationTest, AnotherVarietyIsRightByGroupOnly) {
  evaluation_.add("Braeburn", "Braeburn");
  evaluation_.add("Braeburn", "Golden");
  evaluation_.add("Braeburn", "Plum");
  evaluation_.add("Braeburn", std::nullopt);
  EXPECT_EQ(evaluation_.accuracy().correct, 1U);
  EXPECT_EQ(evaluation_.group_accuracy().correct, 2U);
  EXPECT_EQ(evaluation_.group_accuracy().count, 4U);
  EXPECT_EQ(evaluation_.none(), 1U);
}

TEST_F(EvaluationTest, OfAGroupAnyVarietyIsRight) {
  evaluation_.add("Apple", "Golden");
  evaluation_.add("Apple", "Plum");
  evaluation_.add("Apple", std::nullopt);
  EXPECT_EQ(evaluation_.accuracy().correct, 1U);
  EXPECT_EQ(evaluation_.group_accuracy().correct, 1U);
  EXPECT_EQ(evaluation_.rows().at("Apple").none, 1U);
}

TEST_F(EvaluationTest, OfNothingNoAnswerIsRight) {
  evaluation_.add("none", std::nullopt);
  evaluation_.add("none", "Plum");
  EXPECT_EQ(evaluation_.accuracy().correct, 1U);
  EXPECT_EQ(evaluation_.group_accuracy().correct, 1U);
}

TEST_F(EvaluationTest, ListsWhatWasTakenForWhatTheMostFrequentFirst) {
  evaluation_.add("Apple", "Plum");
  for (int i = 0; i < 2; ++i) evaluation_.add("Braeburn", "Golden");
  for (int i = 0; i < 3; ++i) evaluation_.add("Plum", std::nullopt);
  evaluation_.add("none", std::nullopt);
  evaluation_.add("Apple", "Golden");
  std::vector<std::string> found;
  for (const auto& [truth, answer, count] : evaluation_.confusions()) {
    found.push_back(fmt::format("{}>{} {}", truth, answer, count));
  }
  EXPECT_THAT(found, ElementsAre("Plum> 3", "Braeburn>Golden 2", "Apple>Plum 1"));
}

}  // namespace
}  // namespace vidi::datasets
