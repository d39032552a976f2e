#include "statistics/moments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/parallel.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

// With the row that merges them, what a product takes at once.
constexpr std::size_t kRowsOfBlock = kStepsAtOnce - 1;

template <typename Number>
std::size_t blocks_of(const Rows<Number>& rows) {
  return (rows.count + kRowsOfBlock - 1) / kRowsOfBlock;
}

template <typename Number>
Rows<Number> block_of(const Rows<Number>& rows, std::size_t block) {
  const std::size_t begin = block * kRowsOfBlock;
  return {.values = rows.values + begin * rows.columns,
          .count = std::min(kRowsOfBlock, rows.count - begin),
          .columns = rows.columns};
}

// The means of each block, one after another. Floats that are finite have a finite sum in double precision, and no
// others have one: a mean tells whether all of its values are finite.
template <typename Number>
std::vector<double> means_of_blocks(const Rows<Number>& rows, std::size_t threads) {
  std::vector<double> means(blocks_of(rows) * rows.columns);
  in_parallel(threads, blocks_of(rows), [&](std::size_t index) {
    const Rows<Number> block = block_of(rows, index);
    double* mean = means.data() + index * rows.columns;
    for (std::size_t row = 0; row < block.count; ++row) {
      const Number* values = block.values + row * rows.columns;
      for (std::size_t j = 0; j < rows.columns; ++j) mean[j] += static_cast<double>(values[j]);
    }
    for (std::size_t j = 0; j < rows.columns; ++j) mean[j] /= static_cast<double>(block.count);
  });
  return means;
}

template <typename Number>
Result<void> check_finite(const Rows<Number>& rows, std::span<const double> means) {
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (std::ranges::all_of(means, is_finite)) return {};
  const auto values = std::span(rows.values, rows.count * rows.columns);
  const auto index = static_cast<std::size_t>(std::ranges::find_if_not(values, is_finite) - values.begin());
  if (index == values.size()) {
    return fail(ErrorCode::invalid_argument, "the sum of a column is over what a double can hold");
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("the value in row {}, column {} is {}: only finite numbers have a mean", index / rows.columns,
                          index % rows.columns, rows.values[index]));
}

// Of two sets of `a` and `b` rows: the factor of the products of the differences of their means (Chan, Golub and
// LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979).
double merge_factor(std::uint64_t a, std::uint64_t b) {
  return static_cast<double>(a) * (static_cast<double>(b) / static_cast<double>(a + b));
}

}  // namespace

Moments::Moments(std::size_t columns) : means_(columns), cross_products_(triangle_size(columns)) {}

Result<Moments> Moments::create(std::size_t columns) {
  if (columns == 0 || columns > kMaxColumns) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("moments of {} columns: there must be 1 to {}", columns, kMaxColumns));
  }
  return Moments(columns);
}

Result<void> Moments::update(const FloatRows& rows, std::size_t threads) { return add(rows, threads); }
Result<void> Moments::update(const DoubleRows& rows, std::size_t threads) { return add(rows, threads); }

template <typename Number>
Result<void> Moments::add(const Rows<Number>& rows, std::size_t threads) {
  if (rows.columns != columns()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the rows have {} columns, and there must be {}", rows.columns, columns()));
  }
  const std::vector<double> centers = means_of_blocks(rows, threads);
  if (auto checked = check_finite(rows, centers); !checked) return checked;
  // Merging a block is the cross-product of one more row: the difference of the means, times the factor's root.
  std::vector<double> merging(centers.size());
  for (std::size_t block = 0; block < blocks_of(rows); ++block) {
    const std::size_t count = block_of(rows, block).count;
    const double root = std::sqrt(merge_factor(rows_, count));
    rows_ += count;
    const double share = static_cast<double>(count) / static_cast<double>(rows_);
    for (std::size_t j = 0; j < columns(); ++j) {
      const double difference = centers[block * columns() + j] - means_[j];
      merging[block * columns() + j] = root * difference;
      means_[j] += difference * share;
    }
  }
  auto fill = [&](const Panel& panel) {
    const Rows<Number> block = block_of(rows, panel.step / kStepsAtOnce);
    const std::size_t at = panel.step / kStepsAtOnce * columns() + panel.first;
    for (std::size_t s = 0; s < block.count; ++s) {
      const Number* values = block.values + s * columns() + panel.first;
      double* out = panel.out + s * panel.width;
      for (std::size_t i = 0; i < panel.count; ++i) out[i] = static_cast<double>(values[i]) - centers[at + i];
    }
    std::copy_n(merging.data() + at, panel.count, panel.out + block.count * panel.width);
  };
  add_cross_products({.threads = threads}, rows.count + blocks_of(rows), fill, columns(), cross_products_.data());
  return {};
}

Result<void> Moments::merge(const Moments& other) {
  if (other.columns() != columns()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("moments of {} columns cannot be merged with those of {}", columns(), other.columns()));
  }
  if (other.rows_ == 0) return {};
  const double factor = merge_factor(rows_, other.rows_);
  const double share = static_cast<double>(other.rows_) / static_cast<double>(rows_ + other.rows_);
  std::vector<double> difference(columns());
  for (std::size_t j = 0; j < columns(); ++j) difference[j] = other.means_[j] - means_[j];
  for (std::size_t i = 0; i < columns(); ++i) {
    const std::size_t row = triangle_row(columns(), i);
    for (std::size_t j = i; j < columns(); ++j) {
      cross_products_[row + j] += other.cross_products_[row + j] + factor * difference[i] * difference[j];
    }
  }
  for (std::size_t j = 0; j < columns(); ++j) means_[j] += difference[j] * share;
  rows_ += other.rows_;
  return {};
}

double Moments::cross_product(std::size_t i, std::size_t j) const {
  return cross_products_[triangle_row(columns(), std::min(i, j)) + std::max(i, j)];
}

}  // namespace vidi::statistics
