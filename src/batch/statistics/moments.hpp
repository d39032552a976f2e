#pragma once
// What a table of numbers has to be reduced to for its means, deviations, covariances and principal components: parts
// of it can be counted apart, in other processes too, and merged.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::statistics {

// Borrowed, row-major, without gaps: `count` rows of `columns` numbers.
template <typename Number>
struct Rows {
  const Number* values = nullptr;
  std::size_t count = 0;
  std::size_t columns = 0;
};
using FloatRows = Rows<float>;
using DoubleRows = Rows<double>;

// Number of rows, means, and centered cross-products (of columns i and j: the sum over rows of the product of their
// deviations from their means), all in double precision.
//
// Cross-products are centered from the beginning: sums of squares minus a squared sum would lose everything where the
// deviation is small beside the mean. Only the upper triangle is kept, packed: 16.8 MB for 2,048 columns, 1.6 GB for
// 20,000, half of a square, in memory as in bytes, and nothing here needs the other half.
//
// One thread at a time changes it; const functions may be called from any thread.
class Moments {
 public:
  static constexpr std::size_t kMaxColumns = 65'536;

  // Of no rows. Error invalid_argument: `columns` is 0 or over kMaxColumns.
  static Result<Moments> create(std::size_t columns);

  // Adds rows, on `threads` threads (0: one a processor). Blocks of 255 rows are centered at their own means and
  // merged (Chan, Golub and LeVeque).
  // Error invalid_argument, and nothing is added: another number of columns, or a value that is not finite, with its
  // row (of these, from 0) and column, or whose sum with others is not.
  Result<void> update(const FloatRows& rows, std::size_t threads = 0);
  Result<void> update(const DoubleRows& rows, std::size_t threads = 0);

  // Adds the rows that `other` has counted. Commutative and associative up to rounding. Error invalid_argument: another
  // number of columns.
  Result<void> merge(const Moments& other);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::size_t columns() const { return means_.size(); }
  [[nodiscard]] std::span<const double> means() const { return means_; }
  // The upper triangle, row after row: columns() values of the first row, columns() - 1 of the second...
  [[nodiscard]] std::span<const double> cross_products() const { return cross_products_; }
  // In any order.
  [[nodiscard]] double cross_product(std::size_t i, std::size_t j) const;

  // docs/reference/formats/moments.md.
  [[nodiscard]] Bytes to_bytes() const;
  // Error invalid_argument: the bytes are not those of moments, or not all of them, or damaged; the message says which.
  static Result<Moments> from_bytes(ByteView bytes);

 private:
  explicit Moments(std::size_t columns);

  template <typename Number>
  Result<void> add(const Rows<Number>& rows, std::size_t threads);

  std::uint64_t rows_ = 0;
  std::vector<double> means_;
  std::vector<double> cross_products_;
};

}  // namespace vidi::statistics
