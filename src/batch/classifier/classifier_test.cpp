#include "classifier/classifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classifier/evaluation.hpp"
#include "classifier/feature_table.hpp"
#include "classifier/test_output.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::classifier {
namespace {

using testing::HasSubstr;

std::vector<test::Picture> pictures_of(std::uint32_t labels, std::uint32_t each, float spread, std::uint32_t from = 0) {
  std::vector<test::Picture> pictures;
  for (std::uint32_t i = 0; i < each; ++i) {
    for (std::uint32_t label = 0; label < labels; ++label) {
      pictures.push_back(test::make_picture(from + i, label, spread));
    }
  }
  return pictures;
}

class ClassifierTest : public testing::Test {
 protected:
  FeatureTable table_of(const std::vector<test::Picture>& pictures) {
    if (!reduction_) reduction_.emplace(test::fit_reduction(pictures));
    test::write_output(folder_.path() / "out", pictures, *reduction_);
    const auto reduction = read_reduction(folder_.path() / "out");
    EXPECT_TRUE(reduction) << reduction.error().message;
    auto table = read_table(folder_.path() / "out", *reduction);
    EXPECT_TRUE(table) << table.error().message;
    std::filesystem::remove_all(folder_.path() / "out");
    return *std::move(table);
  }
  static std::string message_of(const FeatureTable& table, const TrainingOptions& options = {}) {
    const auto trained = train(table, options);
    return trained ? "" : trained.error().message;
  }

  FreshFolder folder_;
  std::optional<test::Fitted> reduction_;
};

TEST_F(ClassifierTest, LearnsLabelsAndIsRightAboutOtherPictures) {
  const auto trained = train(table_of(pictures_of(4, 60, 0.2F)), {});
  ASSERT_TRUE(trained) << trained.error().message;
  EXPECT_THAT(trained->classifier.labels, testing::ElementsAre("a1", "a2", "b", "c"));
  EXPECT_EQ(trained->rows, 240);
  EXPECT_GT(trained->correct, 230);
  EXPECT_LE(trained->lost, 2);
  const auto others = evaluate(trained->classifier, table_of(pictures_of(4, 50, 0.2F, 1000)), "", {});
  ASSERT_TRUE(others);
  EXPECT_GT(others->labels.fraction(), 0.95);
  EXPECT_EQ(others->labels.count, 200);
}

TEST_F(ClassifierTest, WhatIsUnlikeAllThatWasLearnedHasNoAnswer) {
  const auto trained = train(table_of(pictures_of(3, 80, 0.2F)), {});
  ASSERT_TRUE(trained);
  std::vector<test::Picture> strange;
  for (std::uint32_t i = 0; i < 60; ++i) strange.push_back(test::make_picture(i, 0, 0.2F, true));
  for (auto& picture : strange) picture.label = "none";
  const auto found = evaluate(trained->classifier, table_of(strange), "none", {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->none.count, 60);
  EXPECT_EQ(found->none.correct, 60) << "a picture that lies where none was is answered";
  EXPECT_EQ(found->confusion[3][3], 60);
}

TEST_F(ClassifierTest, ALabelOfNoneIsNoLabel) {
  auto pictures = pictures_of(4, 60, 0.2F);
  for (auto& picture : pictures) {
    if (picture.label == "c") picture.label = "none";
  }
  const auto trained = train(table_of(pictures), {.none = "none"});
  ASSERT_TRUE(trained) << trained.error().message;
  EXPECT_THAT(trained->classifier.labels, testing::ElementsAre("a1", "a2", "b"));
  EXPECT_TRUE(trained->classifier.has_none_label);
  EXPECT_EQ(trained->rows, 180);
  EXPECT_EQ(trained->none_rows, 60);
  EXPECT_LT(trained->none_accepted, 5);
}

TEST_F(ClassifierTest, AVarietyOfTheRightGroupCountsForTheGroup) {
  const auto trained = train(table_of(pictures_of(4, 60, 0.2F)), {});
  ASSERT_TRUE(trained);
  auto others = pictures_of(4, 50, 0.2F, 1000);
  for (auto& picture : others) {
    if (picture.label == "a1") {
      picture.label = "a2";
    } else if (picture.label == "a2") {
      picture.label = "a1";
    }
  }
  const auto found = evaluate(trained->classifier, table_of(others), "", {{"a1", "a"}, {"a2", "a"}});
  ASSERT_TRUE(found);
  EXPECT_LT(found->labels.fraction(), 0.55);
  EXPECT_GT(found->groups.fraction(), 0.95);
  EXPECT_GT(found->by_label[0].group, 45);
}

TEST_F(ClassifierTest, SaysWhatCannotBeLearned) {
  EXPECT_EQ(message_of({}), "there are no rows to learn from");
  const auto two = pictures_of(2, 10, 0.2F);
  auto one = two;
  for (auto& picture : one) picture.label = "a1";
  EXPECT_THAT(message_of(table_of(one)), HasSubstr("every picture has the label \"a1\""));
  auto single = two;
  single.front().label = "alone";
  EXPECT_THAT(message_of(table_of(single)), HasSubstr("the label \"alone\" has one picture"));
  EXPECT_THAT(message_of(table_of(two), {.none = "nothing"}), HasSubstr("no picture has the label \"nothing\""));
  EXPECT_THAT(message_of(table_of(two), {.folds = 1}), HasSubstr("1 folds"));
}

TEST_F(ClassifierTest, LabelsOfTheTestThatWereNotLearnedAreNamed) {
  const auto trained = train(table_of(pictures_of(2, 20, 0.2F)), {});
  ASSERT_TRUE(trained);
  const auto found = evaluate(trained->classifier, table_of(pictures_of(4, 5, 0.2F)), "", {});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("2 labels that none was learned from: \"b\", \"c\""));
}

TEST(WithGate, SharesAreTakenFromEveryClassAndSumToOne) {
  const std::vector<float> classes{0.5F, 0.3F, 0.2F};
  EXPECT_THAT(with_gate(classes, false, 0.25), testing::Pointwise(testing::FloatEq(), {0.375F, 0.225F, 0.15F, 0.25F}));
  EXPECT_THAT(with_gate(classes, true, 0.25), testing::Pointwise(testing::FloatEq(), {0.375F, 0.225F, 0.4F}));
  EXPECT_EQ(answer_of(with_gate(classes, false, 0.25), 0.3), std::optional<std::size_t>(0));
  EXPECT_EQ(answer_of(with_gate(classes, false, 0.25), 0.4), std::nullopt);
  EXPECT_EQ(answer_of(with_gate(classes, true, 0.25), 0.3), std::nullopt) << "none is likelier";
}

}  // namespace
}  // namespace vidi::classifier
