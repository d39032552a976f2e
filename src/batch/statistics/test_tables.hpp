#pragma once
// Tables that tests make by formula, and their statistics by definition.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "statistics/moments.hpp"

namespace vidi::statistics::test {

struct Table {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<float> values;

  [[nodiscard]] FloatRows view() const { return part(0, rows); }
  [[nodiscard]] FloatRows part(std::size_t first, std::size_t count) const {
    return {.values = values.data() + first * columns, .count = count, .columns = columns};
  }
  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return static_cast<double>(values[i * columns + j]); }
};

// noise() and table() of tests/golden/make_statistics.py.
inline int noise(std::uint32_t i, std::uint32_t j) {
  std::uint32_t x = i * 73856093U ^ j * 19349663U;
  x ^= x >> 13U;
  x *= 0x5BD1E995U;
  x ^= x >> 15U;
  return static_cast<int>(x % 2001U) - 1000;
}

inline Table make_table(std::size_t rows, std::size_t columns) {
  Table table{.rows = rows, .columns = columns, .values = std::vector<float>(rows * columns)};
  for (std::uint32_t i = 0; i < rows; ++i) {
    for (std::uint32_t j = 0; j < columns; ++j) {
      int value = noise(i, j);
      for (int factor = 0; factor < 4; ++factor) {
        value += (4 - factor) * noise(i, 10'000 + factor) * (static_cast<int>(j) * (factor + 1) % 7 - 3);
      }
      if (j == 3) value = 7;
      if (j == 5) value += 1'000'000;
      table.values[i * columns + j] = static_cast<float>(value);
    }
  }
  return table;
}

inline Moments moments_of(const FloatRows& rows) {
  auto moments = Moments::create(rows.columns).value();
  moments.update(rows).value();
  return moments;
}

inline double mean_of(const Table& table, std::size_t j) {
  long double sum = 0;
  for (std::size_t i = 0; i < table.rows; ++i) sum += table.at(i, j);
  return static_cast<double>(sum / table.rows);
}

inline double cross_product_of(const Table& table, std::size_t a, std::size_t b) {
  const double mean_a = mean_of(table, a);
  const double mean_b = mean_of(table, b);
  long double sum = 0;
  for (std::size_t i = 0; i < table.rows; ++i) sum += (table.at(i, a) - mean_a) * (table.at(i, b) - mean_b);
  return static_cast<double>(sum);
}

}  // namespace vidi::statistics::test
