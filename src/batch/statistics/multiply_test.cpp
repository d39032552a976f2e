#include "statistics/multiply.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

// Integers below 1000, so that sums of products are exact in any order.
std::vector<double> matrix(std::size_t rows, std::size_t columns, std::uint32_t seed) {
  std::vector<double> values(rows * columns);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = test::noise(static_cast<std::uint32_t>(i), seed);
  return values;
}

// Every kernel that runs here, at sizes on both sides of each tile, panel and number of steps.
class Multiply : public testing::TestWithParam<const Kernel*> {};

TEST_P(Multiply, ProductIsTheDefinitions) {
  for (std::size_t rows : {1, 7, 24, 50}) {
    for (std::size_t columns : {1, 23, 25}) {
      for (std::size_t steps : {1, 256, 300}) {
        const auto a = matrix(rows, steps, 1);
        const auto b = matrix(steps, columns, 2);
        std::vector<double> out(rows * (columns + 2), 1);
        add_product({.threads = 2, .kernel = GetParam()}, steps,
                    rows_of({.data = a.data(), .rows = rows, .columns = steps, .stride = steps}),
                    columns_of({.data = b.data(), .rows = steps, .columns = columns, .stride = columns}),
                    {.data = out.data(), .rows = rows, .columns = columns, .stride = columns + 2});
        for (std::size_t i = 0; i < rows; ++i) {
          for (std::size_t j = 0; j < columns; ++j) {
            double sum = 1;
            for (std::size_t s = 0; s < steps; ++s) sum += a[i * steps + s] * b[s * columns + j];
            ASSERT_EQ(out[i * (columns + 2) + j], sum)
                << rows << 'x' << columns << ' ' << steps << ": " << i << ' ' << j;
          }
          ASSERT_EQ(out[i * (columns + 2) + columns], 1) << "beyond the end of a row";
        }
      }
    }
  }
}

TEST_P(Multiply, CrossProductsAreTheDefinitions) {
  for (std::size_t columns : {1, 8, 24, 49, 150}) {
    const std::size_t steps = 270;
    const auto a = matrix(steps, columns, 3);
    std::vector<double> out(triangle_size(columns) + 1, 1);
    add_cross_products({.threads = 3, .kernel = GetParam()}, steps,
                       columns_of({.data = a.data(), .rows = steps, .columns = columns, .stride = columns}), columns,
                       out.data());
    for (std::size_t i = 0; i < columns; ++i) {
      for (std::size_t j = i; j < columns; ++j) {
        double sum = 1;
        for (std::size_t s = 0; s < steps; ++s) sum += a[s * columns + i] * a[s * columns + j];
        ASSERT_EQ(out[triangle_row(columns, i) + j], sum) << columns << ": " << i << ' ' << j;
      }
    }
    ASSERT_EQ(out.back(), 1) << "beyond the end";
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, Multiply, testing::ValuesIn(kernels().begin(), kernels().end()),
                         [](const auto& test_case) { return test_case.param->name; });

}  // namespace
}  // namespace vidi::statistics
