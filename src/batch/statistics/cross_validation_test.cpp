#include "statistics/cross_validation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

struct Groups {
  std::vector<std::string> names;
  std::vector<std::uint32_t> labels;
};

// `counts` groups of each label, with three rows each.
Groups make_groups(const std::vector<std::size_t>& counts) {
  Groups groups;
  for (std::size_t variant = 0; variant < 3; ++variant) {
    for (std::uint32_t label = 0; label < counts.size(); ++label) {
      for (std::size_t i = 0; i < counts[label]; ++i) {
        groups.names.push_back(std::to_string(label) + "/" + std::to_string(i) + "_100.jpg");
        groups.labels.push_back(label);
      }
    }
  }
  return groups;
}

TEST(StratifiedFolds, RowsOfAGroupStayTogetherAndLabelsAreSpread) {
  const std::vector<std::size_t> counts{50, 12, 7};
  const Groups groups = make_groups(counts);
  const auto folds = stratified_folds(groups.names, groups.labels, 5);
  const std::size_t once = folds.size() / 3;
  for (std::size_t row = 0; row < folds.size(); ++row) EXPECT_EQ(folds[row], folds[row % once]);
  for (std::uint32_t label = 0; label < counts.size(); ++label) {
    std::vector<std::size_t> rows(5);
    for (std::size_t row = 0; row < once; ++row) {
      if (groups.labels[row] == label) ++rows[folds[row]];
    }
    const auto [least, most] = std::ranges::minmax(rows);
    EXPECT_LE(most - least, 1) << label;
  }
}

TEST(StratifiedFolds, FollowFromNamesAndSeed) {
  const Groups groups = make_groups({40, 40});
  const auto folds = stratified_folds(groups.names, groups.labels, 4, 7);
  EXPECT_EQ(folds, stratified_folds(groups.names, groups.labels, 4, 7));
  EXPECT_NE(folds, stratified_folds(groups.names, groups.labels, 4, 8));
  Groups reversed = groups;
  std::ranges::reverse(reversed.names);
  std::ranges::reverse(reversed.labels);
  auto again = stratified_folds(reversed.names, reversed.labels, 4, 7);
  std::ranges::reverse(again);
  EXPECT_EQ(folds, again);
}

// Three classes around three points, with noise that makes some of them wrong.
struct Cloud {
  std::vector<float> values;
  std::vector<std::uint32_t> labels;
  std::vector<std::uint32_t> folds;

  [[nodiscard]] LabeledRows view() const {
    return {.rows = {.values = values.data(), .count = labels.size(), .columns = 6}, .labels = labels, .classes = 3};
  }
};

Cloud make_cloud(std::size_t rows) {
  Cloud cloud;
  for (std::uint32_t i = 0; i < rows; ++i) {
    cloud.labels.push_back(i % 3);
    cloud.folds.push_back(i / 3 % 3);
    for (std::uint32_t j = 0; j < 6; ++j) {
      cloud.values.push_back(static_cast<float>(test::noise(i, j)) / 500 + (i % 3 == j ? 2.0F : 0.0F));
    }
  }
  return cloud;
}

TEST(CrossValidation, HeldOutRowsAreJudgedByFitsWithoutThem) {
  const Cloud cloud = make_cloud(240);
  const std::vector<double> strengths{0.001, 10, 0.1};
  const auto found = cross_validate(cloud.view(), cloud.folds, {.strengths = strengths, .tolerance = 1e-12});
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->strengths.size(), 3);
  EXPECT_EQ(found->strengths[0].l2, 10);
  EXPECT_GT(found->strengths[0].log_loss, found->strengths[found->best].log_loss);
  const double best = found->strengths[found->best].l2;
  double log_loss = 0;
  for (std::uint32_t fold = 0; fold < 3; ++fold) {
    Cloud others;
    for (std::size_t row = 0; row < 240; ++row) {
      if (cloud.folds[row] == fold) continue;
      others.labels.push_back(cloud.labels[row]);
      const float* values = cloud.values.data() + row * 6;
      others.values.insert(others.values.end(), values, values + 6);
    }
    const auto model = LogisticRegression::fit(others.view(), {.l2 = best, .tolerance = 1e-7});
    ASSERT_TRUE(model);
    std::vector<float> probabilities(240UL * 3);
    ASSERT_TRUE(model->probabilities(cloud.view().rows, probabilities));
    for (std::size_t row = 0; row < 240; ++row) {
      if (cloud.folds[row] != fold) continue;
      for (std::size_t k = 0; k < 3; ++k) {
        ASSERT_NEAR(found->probabilities[row * 3 + k], probabilities[row * 3 + k], 1e-5F) << row;
      }
      log_loss -= std::log(static_cast<double>(probabilities[row * 3 + cloud.labels[row]])) / 240;
    }
  }
  EXPECT_NEAR(found->strengths[found->best].log_loss, log_loss, 1e-5);
}

TEST(CrossValidation, StrengthsThatCannotWinAreLeftOut) {
  Cloud cloud = make_cloud(90);
  for (std::uint32_t i = 0; i < 90; ++i) cloud.labels[i] = static_cast<std::uint32_t>(test::noise(i, 77) + 1000) % 3;
  std::size_t done = 0;
  const auto found = cross_validate(
      cloud.view(), cloud.folds,
      {.strengths = {100, 1e-1, 1e-2, 1e-3, 1e-4}, .progress = [&](std::size_t now, std::size_t) { done = now; }});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->best, 0) << "labels that are chance: the strongest penalty guesses best";
  EXPECT_EQ(found->strengths.size(), 3);
  EXPECT_EQ(done, 9);
}

TEST(CrossValidation, SaysWhatIsWrongWithFolds) {
  Cloud cloud = make_cloud(30);
  const auto message = [&](std::vector<double> strengths = {1}) {
    const auto found = cross_validate(cloud.view(), cloud.folds, {.strengths = std::move(strengths)});
    return found ? "" : found.error().message;
  };
  EXPECT_EQ(message({}), "there must be at least one strength to try");
  EXPECT_NE(message({1, -1}).find("l2 is -1"), std::string::npos);
  std::ranges::fill(cloud.folds, 0U);
  EXPECT_EQ(message(), "there must be at least two folds");
  cloud.folds[3] = 2;
  EXPECT_EQ(message(), "fold 1 of 3 has no rows: fewer folds would");
  cloud.folds.pop_back();
  EXPECT_EQ(message(), "30 rows have 29 folds");
}

TEST(UsualStrengths, FollowTheScaleOfTheRows) {
  Cloud cloud = make_cloud(90);
  const auto usual = usual_strengths(cloud.view().rows);
  ASSERT_EQ(usual.size(), 7);
  for (float& value : cloud.values) value *= 10;
  const auto larger = usual_strengths(cloud.view().rows);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_NEAR(larger[i] / usual[i], 100, 1e-9);
}

}  // namespace
}  // namespace vidi::statistics
