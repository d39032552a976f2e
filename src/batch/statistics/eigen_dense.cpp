#include <fmt/format.h>

#include <algorithm>

#include "statistics/eigen.hpp"
#include "statistics/multiply.hpp"

// LAPACK's interface is Fortran's: everything by reference, the lengths of strings last, by value.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" void dsyevr_(const char* job, const char* range, const char* triangle, const int* n, double* a,
                        const int* a_stride, const double* lowest, const double* highest, const int* first,
                        const int* last, const double* tolerance, int* found, double* values, double* vectors,
                        const int* vectors_stride, int* support, double* work, const int* work_size, int* integers,
                        const int* integers_size, int* info, std::size_t job_length, std::size_t range_length,
                        std::size_t triangle_length);

namespace vidi::statistics {

Result<Eigenpairs> dense_eigenpairs(std::span<double> square, std::size_t columns, std::size_t count) {
  const int n = static_cast<int>(columns);
  const int first = n - static_cast<int>(count) + 1;
  const double unused = 0;
  const double tolerance = 0;  // the most exact
  int found = 0;
  int info = 0;
  std::vector<double> values(columns);
  std::vector<double> vectors(columns * count);
  std::vector<int> support(2 * columns);
  std::vector<double> work(1);
  std::vector<int> integers(1);
  auto solve = [&](int work_size, int integers_size) {
    // A row-major upper triangle is a lower one in Fortran's order.
    dsyevr_("V", "I", "L", &n, square.data(), &n, &unused, &unused, &first, &n, &tolerance, &found, values.data(),
            vectors.data(), &n, support.data(), work.data(), &work_size, integers.data(), &integers_size, &info, 1, 1,
            1);
  };
  solve(-1, -1);  // asks for the sizes
  work.resize(static_cast<std::size_t>(work[0]));
  integers.resize(static_cast<std::size_t>(integers[0]));
  solve(static_cast<int>(work.size()), static_cast<int>(integers.size()));
  if (info != 0 || found != static_cast<int>(count)) {
    return fail(ErrorCode::internal,
                fmt::format("LAPACK's dsyevr ended with {} and {} of {} eigenvalues", info, found, count));
  }
  Eigenpairs pairs{.values = std::vector<double>(count), .vectors = std::vector<double>(columns * count)};
  for (std::size_t i = 0; i < count; ++i) {  // LAPACK's are in ascending order
    pairs.values[i] = values[count - 1 - i];
    std::copy_n(vectors.data() + (count - 1 - i) * columns, columns, pairs.vectors.data() + i * columns);
  }
  return pairs;
}

Result<Eigenpairs> dense_eigenpairs(const ScaledTriangle& matrix, const EigenOptions& options) {
  const std::size_t n = matrix.columns();
  std::vector<double> square(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* row = matrix.upper.data() + triangle_row(n, i);
    for (std::size_t j = i; j < n; ++j) square[i * n + j] = matrix.factors[i] * row[j] * matrix.factors[j];
  }
  return dense_eigenpairs(square, n, options.count);
}

}  // namespace vidi::statistics
