#include "statistics/logistic_regression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "statistics/logistic_loss.hpp"
#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

struct Sample {
  test::Table table;
  std::vector<std::uint32_t> labels;
  std::size_t classes;

  [[nodiscard]] LabeledRows view() const { return {.rows = table.view(), .labels = labels, .classes = classes}; }
};

// table() and labels_of() of tests/golden/make_logistic_regression.py.
Sample make_sample(std::uint32_t rows, std::uint32_t columns, std::uint32_t classes) {
  Sample sample{.table = {.rows = rows, .columns = columns, .values = {}}, .labels = {}, .classes = classes};
  for (std::uint32_t i = 0; i < rows; ++i) {
    std::vector<int> scores;
    for (std::uint32_t j = 0; j < columns; ++j) {
      int value = test::noise(i, j) + test::noise(i, j + 1);
      if (j == 3) value = 7;
      if (j == 5) value += 4096;
      sample.table.values.push_back(static_cast<float>(value) / 1024);
      if (j < classes) scores.push_back(value + test::noise(i, 30'000 + j));
    }
    sample.labels.push_back(static_cast<std::uint32_t>(std::ranges::max_element(scores) - scores.begin()));
  }
  return sample;
}

class Peer : public testing::TestWithParam<const char*> {};

TEST_P(Peer, WeightsAreScikitLearns) {
  static const auto golden = nlohmann::json::parse(std::ifstream(TEST_DATA "/statistics/logistic_regression.json"));
  const auto& wanted = golden[GetParam()];
  const Sample sample = make_sample(wanted["rows"], wanted["columns"], wanted["classes"]);
  std::vector<std::size_t> counts(sample.classes);
  for (const std::uint32_t label : sample.labels) ++counts[label];
  ASSERT_EQ(nlohmann::json(counts), wanted["label_counts"]) << "other labels";
  const auto fitted = LogisticRegression::fit(sample.view(), {.l2 = wanted["l2"], .tolerance = 1e-9});
  ASSERT_TRUE(fitted) << fitted.error().message;
  const auto expect_close = [&](auto found, const nlohmann::json& values, double unit) {
    ASSERT_EQ(found.size(), values.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double value = values[i];
      EXPECT_NEAR(found[i], value, 1e-4 * std::max(unit, std::abs(value))) << i;
    }
  };
  expect_close(fitted->weights(), wanted["weights"], 1e-3);
  expect_close(fitted->intercepts(), wanted["intercepts"], 1e-3);
  std::vector<float> probabilities(3 * sample.classes);
  ASSERT_TRUE(fitted->probabilities(sample.table.part(0, 3), probabilities));
  expect_close(std::span(probabilities), wanted["probabilities"], 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Golden, Peer, testing::Values("three", "five"));

TEST(LogisticLoss, DerivativesAreThoseOfDifferences) {
  const Sample sample = make_sample(500, 7, 3);
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t i = 0; i < 500; i += 2) chosen.push_back(i);
  const auto loss = LogisticLoss::create(sample.view(), chosen, 2);
  ASSERT_TRUE(loss);
  const double l2 = 0.1;
  std::vector<double> at(loss->size());
  for (std::size_t i = 0; i < at.size(); ++i) at[i] = test::noise(static_cast<std::uint32_t>(i), 9) / 20'000.0;
  std::vector<double> gradient(at.size());
  std::vector<double> curvature(at.size());
  loss->evaluate(at, l2, gradient);
  loss->curvature(at, l2, curvature);
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double step = 1e-5;
    std::vector<double> above(at.size());
    std::vector<double> below(at.size());
    auto moved = at;
    moved[i] += step;
    const double high = loss->evaluate(moved, l2, above);
    moved[i] -= 2 * step;
    const double low = loss->evaluate(moved, l2, below);
    EXPECT_NEAR(gradient[i], (high - low) / (2 * step), 1e-6 * (1 + std::abs(gradient[i]))) << i;
    EXPECT_NEAR(curvature[i], (above[i] - below[i]) / (2 * step), 1e-4 * (1 + curvature[i])) << i;
  }
}

TEST(LogisticRegression, TakesNoNoticeOfThreads) {
  const Sample sample = make_sample(2000, 9, 4);
  const auto one = LogisticRegression::fit(sample.view(), {.l2 = 1e-3, .threads = 1});
  const auto three = LogisticRegression::fit(sample.view(), {.l2 = 1e-3, .threads = 3});
  ASSERT_TRUE(one && three);
  EXPECT_TRUE(std::ranges::equal(one->weights(), three->weights()));
  EXPECT_TRUE(std::ranges::equal(one->intercepts(), three->intercepts()));
}

TEST(LogisticRegression, FromTheResultForAnotherStrengthItIsThereSoon) {
  const Sample sample = make_sample(1000, 9, 4);
  const auto strong = LogisticRegression::fit(sample.view(), {.l2 = 1e-2, .tolerance = 1e-7});
  ASSERT_TRUE(strong);
  const auto again = LogisticRegression::fit(sample.view(), {.l2 = 1e-2, .tolerance = 1e-6}, &*strong);
  ASSERT_TRUE(again);
  EXPECT_LE(again->iterations(), 1);
  const auto weak = LogisticRegression::fit(sample.view(), {.l2 = 1e-3, .tolerance = 1e-8}, &*strong);
  const auto cold = LogisticRegression::fit(sample.view(), {.l2 = 1e-3, .tolerance = 1e-8});
  ASSERT_TRUE(weak && cold);
  for (std::size_t i = 0; i < cold->weights().size(); ++i) {
    EXPECT_NEAR(weak->weights()[i], cold->weights()[i], 1e-5) << i;
  }
}

TEST(LogisticRegression, SeparatesClassesThatAPlaneSeparates) {
  const std::vector<float> values{-3, 0, -2, 7, -1, 7, 1, 7, 2, 0, 3, 7};
  const std::vector<std::uint32_t> labels{0, 0, 0, 1, 1, 1};
  const LabeledRows rows{.rows = {.values = values.data(), .count = 6, .columns = 2}, .labels = labels, .classes = 2};
  const auto fitted = LogisticRegression::fit(rows, {.l2 = 1e-6});
  ASSERT_TRUE(fitted) << fitted.error().message;
  std::vector<float> probabilities(12);
  ASSERT_TRUE(fitted->probabilities(rows.rows, probabilities));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_GT(probabilities[i * 2 + labels[i]], 0.98F) << i;
  EXPECT_NEAR(fitted->weights()[0], -fitted->weights()[2], 1e-9);
}

TEST(LogisticRegression, SaysWhatIsWrongWithRows) {
  Sample sample = make_sample(50, 8, 3);
  const auto message = [&](const LabeledRows& rows, const LogisticRegression::Options& options = {}) {
    const auto fitted = LogisticRegression::fit(rows, options);
    return fitted ? "" : fitted.error().message;
  };
  EXPECT_EQ(message({.rows = sample.table.view(), .labels = sample.labels, .classes = 1}),
            "1 classes: there must be at least 2");
  EXPECT_EQ(message({.rows = sample.table.view(), .labels = sample.labels, .classes = 4}), "class 3 of 4 has no row");
  EXPECT_NE(message({.rows = sample.table.view(), .labels = sample.labels, .classes = 2}).find("has the label 2"),
            std::string::npos);
  EXPECT_NE(message({.rows = sample.table.part(0, 49), .labels = sample.labels, .classes = 3}).find("49 rows"),
            std::string::npos);
  EXPECT_NE(message(sample.view(), {.l2 = -1}).find("l2 is -1"), std::string::npos);
  EXPECT_NE(message(sample.view(), {.tolerance = 1e-12, .max_iterations = 2}).find("not converged in 2"),
            std::string::npos);
  sample.table.values[8 * 7 + 2] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(message(sample.view()), "the value in row 7, column 2 is nan, and must be finite");
}

}  // namespace
}  // namespace vidi::statistics
