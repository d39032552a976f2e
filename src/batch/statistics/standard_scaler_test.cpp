#include "statistics/standard_scaler.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

using test::make_table;
using test::moments_of;
using test::Table;
using testing::HasSubstr;

MutableFloatRows mutable_rows(Table& table) {
  return {.values = table.values.data(), .count = table.rows, .columns = table.columns};
}

TEST(StandardScaler, MakesEachColumnWhatTheDefinitionSays) {
  const Table table = make_table(300, 11);
  for (bool with_mean : {false, true}) {
    for (bool with_std : {false, true}) {
      const auto scaler =
          StandardScaler::from(moments_of(table.view()), {.with_mean = with_mean, .with_std = with_std});
      Table scaled = table;
      ASSERT_TRUE(scaler->transform(mutable_rows(scaled)));
      for (std::size_t j = 0; j < table.columns; ++j) {
        const double deviation = std::sqrt(test::cross_product_of(table, j, j) / 299);
        const double mean = with_mean ? test::mean_of(table, j) : 0;
        const double divisor = with_std ? deviation : 1;
        for (std::size_t i = 0; i < table.rows; ++i) {
          const double wanted = divisor == 0 ? 0 : (table.at(i, j) - mean) / divisor;
          ASSERT_NEAR(scaled.at(i, j), wanted, 1e-6 * (1 + std::abs(wanted))) << i << ' ' << j;
        }
      }
    }
  }
}

TEST(StandardScaler, ScaledColumnsHaveMeanZeroAndDeviationOne) {
  Table table = make_table(500, 9);
  ASSERT_TRUE(StandardScaler::from(moments_of(table.view()))->transform(mutable_rows(table), 3));
  const Moments moments = moments_of(table.view());
  for (std::size_t j = 0; j < 9; ++j) {
    EXPECT_NEAR(moments.means()[j], 0, 1e-6);
    EXPECT_NEAR(moments.cross_product(j, j) / 499, j == 3 ? 0 : 1, 1e-6);  // column 3 is constant
  }
}

TEST(StandardScaler, OneRowHasNoDeviation) {
  Table table = make_table(1, 8);
  const auto scaler = StandardScaler::from(moments_of(table.view()));
  ASSERT_TRUE(scaler->transform(mutable_rows(table)));
  EXPECT_THAT(table.values, testing::Each(0.0F));
}

TEST(StandardScaler, WhatCannotBeScaledIsRefused) {
  EXPECT_THAT(StandardScaler::from(Moments::create(4).value()).error().message, HasSubstr("no rows"));
  Table table = make_table(5, 8);
  const auto scaler = StandardScaler::from(moments_of(make_table(5, 7).view()));
  EXPECT_THAT(scaler->transform(mutable_rows(table)).error().message, HasSubstr("8 columns, and the scaler 7"));
}

TEST(StandardScaler, ComesBackFromWhatItIsMadeOf) {
  const auto scaler = StandardScaler::from(moments_of(make_table(40, 6).view()));
  std::vector<double> means(scaler->means().begin(), scaler->means().end());
  std::vector<double> deviations(scaler->deviations().begin(), scaler->deviations().end());
  const auto again = StandardScaler::from(means, deviations, {});
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::ranges::equal(again->factors(), scaler->factors()));
  EXPECT_TRUE(std::ranges::equal(again->shifts(), scaler->shifts()));
  EXPECT_FALSE(StandardScaler::from({}, {}, {}));
  EXPECT_FALSE(StandardScaler::from({1, 2}, {1}, {}));
  EXPECT_FALSE(StandardScaler::from({1}, {-1}, {}));
  EXPECT_FALSE(StandardScaler::from({std::numeric_limits<double>::quiet_NaN()}, {1}, {}));
}

}  // namespace
}  // namespace vidi::statistics
