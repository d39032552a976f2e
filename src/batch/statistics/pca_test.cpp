#include "statistics/pca.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <numeric>

#include "statistics/eigen.hpp"
#include "statistics/multiply.hpp"
#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

using test::make_table;
using test::moments_of;
using test::Table;
using testing::Each;
using testing::HasSubstr;

std::span<const double> component(const Pca& pca, std::size_t i) {
  return pca.components().subspan(i * pca.columns(), pca.columns());
}

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// A component is what the covariance only makes longer, by its variance.
void expect_components(const Pca& pca, const Moments& moments, std::span<const double> factors, double tolerance) {
  const std::size_t n = pca.columns();
  for (std::size_t c = 0; c < pca.count(); ++c) {
    const auto vector = component(pca, c);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += moments.cross_product(i, j) * factors[j] * vector[j];
      const double image = sum * factors[i] / static_cast<double>(moments.rows() - 1);
      ASSERT_NEAR(image, pca.explained_variance()[c] * vector[i], tolerance * pca.explained_variance()[0])
          << c << ' ' << i;
    }
    for (std::size_t d = 0; d <= c; ++d)
      ASSERT_NEAR(dot(vector, component(pca, d)), c == d ? 1 : 0, 1e-12) << c << ' ' << d;
    if (c > 0) {
      ASSERT_LE(pca.explained_variance()[c], pca.explained_variance()[c - 1]);
    }
    const auto largest = std::ranges::max_element(vector, {}, [](double entry) { return std::abs(entry); });
    ASSERT_GT(*largest, 0) << "component " << c << " points the wrong way";
  }
}

// Columns and components for both solvers: LAPACK's, and Krylov spaces.
struct Size {
  std::size_t columns;
  std::size_t components;
};

class PcaOfSize : public testing::TestWithParam<Size> {};

INSTANTIATE_TEST_SUITE_P(Solvers, PcaOfSize, testing::Values(Size{20, 20}, Size{640, 3}, Size{640, 17}),
                         [](const auto& test_case) {
                           return std::to_string(test_case.param.columns) + "_" +
                                  std::to_string(test_case.param.components);
                         });

TEST_P(PcaOfSize, ComponentsAreEigenvectorsOfTheCovariance) {
  const auto [columns, components] = GetParam();
  const Moments moments = moments_of(make_table(400, columns).view());
  const auto pca = Pca::fit(moments, {.components = components});
  ASSERT_TRUE(pca);
  EXPECT_EQ(pca->count(), components);
  expect_components(*pca, moments, std::vector<double>(columns, 1.0), 1e-11);
}

TEST_P(PcaOfSize, OfScaledRowsAreThoseOfTheCorrelation) {
  const auto [columns, components] = GetParam();
  const Moments moments = moments_of(make_table(400, columns).view());
  const auto scaler = StandardScaler::from(moments);
  const auto pca = Pca::fit(moments, *scaler, {.components = components});
  ASSERT_TRUE(pca);
  expect_components(*pca, moments, scaler->factors(), 1e-11);
  // Each column but the constant one has variance 1 now.
  EXPECT_NEAR(pca->explained_variance_ratio()[0], pca->explained_variance()[0] / static_cast<double>(columns - 1),
              1e-12);
}

TEST_P(PcaOfSize, BeyondTheRankVariancesAreZero) {
  const auto [columns, components] = GetParam();
  Table table{.rows = 60, .columns = columns, .values = std::vector<float>(60 * columns)};
  for (std::size_t i = 0; i < 60; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      table.values[i * columns + j] = static_cast<float>(i * j + (i % 3) * (j % 5));
    }
  }
  const Moments moments = moments_of(table.view());
  const auto pca = Pca::fit(moments, {.components = components});
  ASSERT_TRUE(pca);
  EXPECT_GT(pca->explained_variance()[1], 0);
  EXPECT_THAT(pca->explained_variance().subspan(2), Each(0.0));
  expect_components(*pca, moments, std::vector<double>(columns, 1.0), 1e-11);
}

TEST_P(PcaOfSize, RowsThatAreAllTheSameHaveNoVariance) {
  const auto [columns, components] = GetParam();
  const Table table{.rows = 50, .columns = columns, .values = std::vector<float>(50 * columns, 0.1F)};
  const Moments moments = moments_of(table.view());
  const auto pca = Pca::fit(moments, *StandardScaler::from(moments), {.components = components});
  ASSERT_TRUE(pca);
  EXPECT_THAT(pca->explained_variance(), Each(0.0));
  EXPECT_THAT(pca->explained_variance_ratio(), Each(0.0));
  EXPECT_NEAR(dot(component(*pca, 0), component(*pca, 0)), 1, 1e-12);
}

TEST(Pca, SolversAgree) {
  const Moments moments = moments_of(make_table(2000, 700).view());
  const std::vector<double> factors(700, 0.01);
  const ScaledTriangle matrix{.upper = moments.cross_products(), .factors = factors};
  const auto krylov = krylov_eigenpairs(matrix, {.count = 30, .threads = 2});
  const auto dense = dense_eigenpairs(matrix, {.count = 30});
  ASSERT_TRUE(krylov);
  ASSERT_TRUE(dense);
  for (std::size_t c = 0; c < 30; ++c) {
    EXPECT_NEAR(krylov->values[c], dense->values[c], 1e-12 * dense->values[0]);
    const double cosine =
        dot(std::span(krylov->vectors).subspan(c * 700, 700), std::span(dense->vectors).subspan(c * 700, 700));
    EXPECT_NEAR(std::abs(cosine), 1, 1e-12) << c;
  }
}

// The space soon has everything that the matrix makes, and goes on with other directions.
TEST(Pca, KrylovSpacesOfMatricesOfLowRankGoOn) {
  std::vector<double> upper(triangle_size(640));
  const std::vector<double> factors(640, 1.0);
  for (std::size_t rank : {0, 1, 2}) {
    if (rank > 0) upper[triangle_row(640, 100 * rank) + 100 * rank] = static_cast<double>(rank);
    const auto pairs = krylov_eigenpairs({.upper = upper, .factors = factors}, {.count = 3, .threads = 1});
    ASSERT_TRUE(pairs) << rank << ": " << pairs.error().message;
    for (std::size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(pairs->values[c], c < rank ? static_cast<double>(rank - c) : 0, 1e-13) << rank << ' ' << c;
      const auto vector = std::span(pairs->vectors).subspan(c * 640, 640);
      EXPECT_NEAR(dot(vector, vector), 1, 1e-13) << rank << ' ' << c;
    }
  }
}

TEST(Pca, RandomizedSolverFindsNearlyTheSame) {
  const Moments moments = moments_of(make_table(2000, 700).view());
  const auto exact = Pca::fit(moments, {.components = 10, .solver = PcaSolver::exact});
  const auto randomized = Pca::fit(moments, {.components = 10, .solver = PcaSolver::randomized});
  ASSERT_TRUE(randomized);
  for (std::size_t c = 0; c < 10; ++c) {
    EXPECT_NEAR(randomized->explained_variance()[c] / exact->explained_variance()[c], 1, 1e-3) << c;
  }
  EXPECT_NEAR(dot(component(*exact, 0), component(*randomized, 0)), 1, 1e-9);
}

TEST(Pca, SignIsChosenByTheFirstOfTheLargestEntries) {
  Table table{.rows = 4, .columns = 2, .values = {-1, 1, 1, -1, 2, -2, -2, 2}};
  const auto pca = Pca::fit(moments_of(table.view()), {.components = 2});
  ASSERT_TRUE(pca);
  EXPECT_NEAR(component(*pca, 0)[0], std::sqrt(0.5), 1e-15);
  EXPECT_NEAR(component(*pca, 0)[1], -std::sqrt(0.5), 1e-15);
  EXPECT_GT(component(*pca, 1)[0], 0);
}

TEST(Pca, EntriesThatDifferByRoundingCountAsEqual) {
  for (std::size_t columns : {3, 5, 7, 9, 11, 13}) {
    Table table{.rows = 50, .columns = columns, .values = std::vector<float>(50 * columns)};
    for (std::size_t i = 0; i < 50; ++i) {
      const auto value = static_cast<float>(test::noise(static_cast<std::uint32_t>(i), 1)) / 7;
      for (std::size_t j = 0; j < columns; ++j) table.values[i * columns + j] = j % 2 == 0 ? value : -value;
    }
    const auto pca = Pca::fit(moments_of(table.view()), {.components = 1});
    EXPECT_GT(component(*pca, 0)[0], 0) << columns;
  }
}

TEST(Pca, TransformIsTheDefinitions) {
  const Table table = make_table(1500, 30);  // more rows than are taken at once
  for (bool subtract_mean : {true, false}) {
    const auto pca = Pca::fit(moments_of(table.view()), {.components = 7, .subtract_mean = subtract_mean});
    std::vector<float> out(table.rows * 7);
    ASSERT_TRUE(pca->transform(table.view(), out));
    for (std::size_t i = 0; i < table.rows; ++i) {
      for (std::size_t c = 0; c < 7; ++c) {
        double sum = 0;
        for (std::size_t j = 0; j < 30; ++j) {
          sum += (table.at(i, j) - (subtract_mean ? test::mean_of(table, j) : 0)) * component(*pca, c)[j];
        }
        ASSERT_NEAR(static_cast<double>(out[i * 7 + c]), sum, 1e-6 * (1000 + std::abs(sum))) << i << ' ' << c;
      }
      if (i == 20) i = 1000;  // the definition is slow
      if (i == 1040) i = 1480;
    }
  }
}

TEST(Pca, RowsOneByOneAreTransformedAsTogether) {
  const Table table = make_table(40, 30);
  const auto pca = Pca::fit(moments_of(table.view()), {.components = 3});
  std::vector<float> together(table.rows * 3);
  ASSERT_TRUE(pca->transform(table.view(), together));
  for (std::size_t i = 0; i < 40; ++i) {
    std::vector<float> alone(3);
    ASSERT_TRUE(pca->transform(table.part(i, 1), alone, 1));
    EXPECT_TRUE(std::ranges::equal(alone, std::span(together).subspan(i * 3, 3))) << i;
  }
}

TEST(Pca, WhatHasNoSuchComponentsIsRefused) {
  const Moments moments = moments_of(make_table(5, 8).view());
  EXPECT_THAT(Pca::fit(moments, {.components = 6}).error().message,
              HasSubstr("6 principal components of 5 rows of 8 columns: there are 1 to 5"));
  EXPECT_FALSE(Pca::fit(moments, {.components = 0}));
  EXPECT_FALSE(Pca::fit(moments_of(make_table(20, 8).view()), {.components = 9}));
  EXPECT_TRUE(Pca::fit(moments_of(make_table(20, 8).view()), {.components = 8}));
  EXPECT_THAT(Pca::fit(moments_of(make_table(1, 8).view()), {.components = 1}).error().message,
              HasSubstr("at least 2"));
  const auto scaler = StandardScaler::from(moments_of(make_table(5, 7).view()));
  EXPECT_THAT(Pca::fit(moments, *scaler, {.components = 1}).error().message, HasSubstr("scaler has 7 columns"));
}

TEST(Pca, RowsOfAnotherSizeAreRefused) {
  const auto pca = Pca::fit(moments_of(make_table(20, 8).view()), {.components = 2});
  std::vector<float> out(40);
  EXPECT_FALSE(pca->transform(make_table(20, 7).view(), out));
  EXPECT_FALSE(pca->transform(make_table(19, 8).view(), out));
  EXPECT_TRUE(pca->transform(make_table(20, 8).view(), out));
}

TEST(Pca, ComesBackFromItsParts) {
  const Table table = make_table(30, 8);
  const auto pca = Pca::fit(moments_of(table.view()), {.components = 2});
  auto copy = [](std::span<const double> values) { return std::vector<double>(values.begin(), values.end()); };
  Pca::Parts parts{.components = copy(pca->components()),
                   .means = copy(pca->means()),
                   .explained_variance = copy(pca->explained_variance()),
                   .explained_variance_ratio = copy(pca->explained_variance_ratio())};
  std::vector<float> wanted(60);
  std::vector<float> out(60);
  ASSERT_TRUE(pca->transform(table.view(), wanted));
  ASSERT_TRUE(Pca::from(parts)->transform(table.view(), out));
  EXPECT_EQ(out, wanted);
  Pca::Parts shorter = parts;
  shorter.means.pop_back();
  EXPECT_FALSE(Pca::from(shorter));
  parts.components[3] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(Pca::from(parts));
  EXPECT_FALSE(Pca::from({}));
}

}  // namespace
}  // namespace vidi::statistics
