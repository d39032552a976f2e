// What scikit-learn and Spark MLlib make of the same tables: tests/golden/make_statistics.py.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "statistics/pca.hpp"
#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

constexpr double kTolerance = 1e-6;

const nlohmann::json& golden() {
  static const nlohmann::json read = nlohmann::json::parse(std::ifstream(TEST_DATA "/statistics/golden.json"));
  return read;
}

void expect_near(std::span<const double> found, const nlohmann::json& wanted, const std::string& what) {
  ASSERT_EQ(found.size(), wanted.size()) << what;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double value = wanted[i];
    ASSERT_NEAR(found[i], value, kTolerance * (1 + std::abs(value))) << what << ' ' << i;
  }
}

// Peers choose the sign of a component in other ways: the one under which each of its entries agrees.
void expect_same_components(const Pca& pca, const nlohmann::json& wanted, const std::vector<float>& transformed) {
  const std::size_t n = pca.columns();
  for (std::size_t c = 0; c < pca.count(); ++c) {
    const auto entries = pca.components().subspan(c * n, n);
    const auto largest = static_cast<std::size_t>(
        std::ranges::max_element(entries, {}, [](double entry) { return std::abs(entry); }) - entries.begin());
    const double sign = wanted["components"][c * n + largest] > 0 ? 1 : -1;
    for (std::size_t j = 0; j < n; ++j) {
      const double value = wanted["components"][c * n + j];
      ASSERT_NEAR(entries[j], sign * value, kTolerance) << "component " << c << ' ' << j;
    }
    for (std::size_t row = 0; row < 3; ++row) {
      const double value = wanted["transformed"][row * pca.count() + c];
      ASSERT_NEAR(static_cast<double>(transformed[row * pca.count() + c]), sign * value, 2e-6 * (1 + std::abs(value)));
    }
  }
}

void expect_same_pca(const Result<Pca>& pca, const nlohmann::json& wanted, const FloatRows& first_rows) {
  ASSERT_TRUE(pca);
  if (wanted.contains("variance")) expect_near(pca->explained_variance(), wanted["variance"], "variance");
  expect_near(pca->explained_variance_ratio(), wanted["ratio"], "ratio");
  std::vector<float> transformed(first_rows.count * pca->count());
  ASSERT_TRUE(pca->transform(first_rows, transformed));
  expect_same_components(*pca, wanted, transformed);
}

class Golden : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

INSTANTIATE_TEST_SUITE_P(Peers, Golden,
                         testing::Combine(testing::Values("small", "wide"), testing::Values("scikit-learn", "mllib")),
                         [](const auto& test_case) {
                           const auto& peer = std::get<1>(test_case.param);
                           return std::get<0>(test_case.param) + (peer == "mllib" ? "_mllib" : "_scikit_learn");
                         });

TEST_P(Golden, ScalerAndComponentsAreThePeers) {
  const auto& size = golden()[std::get<0>(GetParam())];
  const auto& peer = size[std::get<1>(GetParam())];
  const test::Table table = test::make_table(size["rows"], size["columns"]);
  ASSERT_EQ(std::accumulate(table.values.begin(), table.values.end(), 0.0), size["sum"]) << "another table";
  const Moments moments = test::moments_of(table.view());
  const auto scaler = StandardScaler::from(moments);
  ASSERT_TRUE(scaler);
  expect_near(scaler->means(), peer["means"], "mean");
  expect_near(scaler->deviations(), peer["deviations"], "deviation");

  const std::size_t components = size["count"];
  const auto head = std::span(table.values).first(3 * table.columns);
  test::Table first{.rows = 3, .columns = table.columns, .values = {head.begin(), head.end()}};
  if (peer.contains("unscaled")) {
    expect_same_pca(Pca::fit(moments, {.components = components}), peer["unscaled"], first.view());
  }
  ASSERT_TRUE(scaler->transform({.values = first.values.data(), .count = 3, .columns = first.columns}));
  expect_same_pca(Pca::fit(moments, *scaler, {.components = components}), peer["scaled"], first.view());
}

}  // namespace
}  // namespace vidi::statistics
