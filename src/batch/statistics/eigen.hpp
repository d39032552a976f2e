#pragma once
// The leading eigenpairs of a covariance. Internal to this module.

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"

namespace vidi::statistics {

// A symmetric, positive semidefinite matrix: entry i, j is factors[i] * upper(i, j) * factors[j].
struct ScaledTriangle {
  std::span<const double> upper;  // packed (multiply.hpp)
  std::span<const double> factors;

  [[nodiscard]] std::size_t columns() const { return factors.size(); }
};

struct Eigenpairs {
  std::vector<double> values;   // the largest first
  std::vector<double> vectors;  // one after another, each of length 1
};

struct EigenOptions {
  std::size_t count = 1;  // 1 to the number of columns
  std::size_t threads = 0;
  // Stop after the first cycle, whatever the residuals are.
  bool approximate = false;
};

// Whether the matrix is worth a Krylov space: where it is not much larger than the space would be, it is not.
bool suits_krylov(std::size_t columns, std::size_t count);

// By block Krylov spaces: the space of a random block and its products with the matrix (Musco and Musco, "Randomized
// Block Krylov Methods for Stronger and Faster Approximate Singular Value Decomposition", 2015), restarted with its
// best part (Wu and Simon, "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems", 2000) until each
// residual is at most 1e-12 of the largest eigenvalue. The same matrix gives the same pairs, to the bit only with the
// same number of threads and kind of processor. Of an eigenvalue that is there more than 24 times, exactly, some may be
// missed. Error internal: that was not reached.
Result<Eigenpairs> krylov_eigenpairs(const ScaledTriangle& matrix, const EigenOptions& options);

// By LAPACK's dsyevr, on one thread and a square copy.
Result<Eigenpairs> dense_eigenpairs(const ScaledTriangle& matrix, const EigenOptions& options);

// The same of a square matrix, row-major, whose upper triangle is read and which is lost.
Result<Eigenpairs> dense_eigenpairs(std::span<double> square, std::size_t columns, std::size_t count);

}  // namespace vidi::statistics
