#pragma once
// Products of matrices in double precision, over operands in any form: a caller says how a part of its operand is
// written into a panel, which is where conversion, centring and transposition happen. Internal to this module.

#include <cstddef>
#include <functional>

#include "statistics/kernel.hpp"

namespace vidi::statistics {

// Row-major; row i begins at data[i * stride].
struct ConstView {
  const double* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;
};

struct View {
  double* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t stride = 0;

  operator ConstView() const { return {.data = data, .rows = rows, .columns = columns, .stride = stride}; }
};

// Steps are taken this many at a time, in whole multiples from 0.
constexpr std::size_t kStepsAtOnce = 256;

// A part of an operand: of its vectors `first` to `first + count - 1`, the entries `step` to `step + steps - 1`. Entry
// step + s of vector first + i goes to out[s * width + i].
struct Panel {
  std::size_t first;
  std::size_t count;  // at most `width`; what is beyond is zero already
  std::size_t step;
  std::size_t steps;
  std::size_t width;
  double* out;
};

// Called by several threads at once, with different panels.
using Fill = std::function<void(const Panel&)>;

// The vectors are the columns of the matrix, or its rows. The view must outlive the function.
Fill columns_of(ConstView view);
Fill rows_of(ConstView view);

struct Execution {
  std::size_t threads = 0;         // 0: one a processor
  const Kernel* kernel = nullptr;  // null: the fastest here
};

// Adds to `out` (rows x columns) at i, j the sum over `steps` of entry s of a's vector i times entry s of b's vector j.
void add_product(const Execution& execution, std::size_t steps, const Fill& a, const Fill& b, View out);

// The number of values in the upper triangle, with its diagonal, of a square matrix.
constexpr std::size_t triangle_size(std::size_t columns) { return columns * (columns + 1) / 2; }

// Entry i, j (i <= j) of an upper triangle that is stored row after row is at triangle_row(columns, i) + j.
constexpr std::size_t triangle_row(std::size_t columns, std::size_t i) { return i * columns - i * (i + 1) / 2; }

// Adds the products of a's vectors with each other to the upper triangle `out` (SYRK).
void add_cross_products(const Execution& execution, std::size_t steps, const Fill& a, std::size_t columns, double* out);

}  // namespace vidi::statistics
