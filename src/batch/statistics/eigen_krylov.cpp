#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "statistics/eigen.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

constexpr double kTolerance = 1e-12;
constexpr int kMaxCycles = 100;
constexpr int kMaxRounds = 6;
// Measured for 100 components of 2,048 columns: blocks of 48 or 8 of them a cycle take up to half as long again.
constexpr std::size_t kBlock = 24;  // the width of the widest tile
constexpr std::size_t kNewBlocks = 16;

// Ritz vectors that are kept from cycle to cycle, and the largest dimension of the space.
std::size_t kept_for(std::size_t count) { return count + kBlock; }
std::size_t space_for(std::size_t count) { return kept_for(count) + kNewBlocks * kBlock; }

struct Matrix {
  Matrix(std::size_t height, std::size_t width) : rows(height), columns(width), values(height * width) {}

  // The first columns.
  View first(std::size_t count) { return {.data = values.data(), .rows = rows, .columns = count, .stride = columns}; }
  View all() { return first(columns); }
  double& at(std::size_t row, std::size_t column) { return values[row * columns + column]; }

  std::size_t rows;
  std::size_t columns;
  std::vector<double> values;
};

// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014), as -1 to 1.
class Random {
 public:
  double next() {
    std::uint64_t z = state_ += 0x9E37'79B9'7F4A'7C15U;
    z = (z ^ z >> 30U) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ z >> 27U) * 0x94D0'49BB'1331'11EBU;
    return static_cast<double>(static_cast<std::int64_t>(z ^ z >> 31U)) * 0x1p-63;
  }

 private:
  std::uint64_t state_ = 0;
};

Fill symmetric(const ScaledTriangle& matrix) {
  return [&matrix](const Panel& panel) {
    const std::size_t n = matrix.columns();
    for (std::size_t i = 0; i < panel.count; ++i) {  // below the diagonal: from the row of the same number
      const std::size_t column = panel.first + i;
      const double* row = matrix.upper.data() + triangle_row(n, column);
      const std::size_t begin = column + 1 > panel.step ? std::min(panel.steps, column + 1 - panel.step) : 0;
      for (std::size_t s = begin; s < panel.steps; ++s) panel.out[s * panel.width + i] = row[panel.step + s];
    }
    for (std::size_t s = 0; s < panel.steps; ++s) {
      const std::size_t k = panel.step + s;
      const double* row = matrix.upper.data() + triangle_row(n, k) + panel.first;
      for (std::size_t i = k > panel.first ? std::min(panel.count, k - panel.first) : 0; i < panel.count; ++i) {
        panel.out[s * panel.width + i] = row[i];
      }
    }
  };
}

Fill scaled_columns_of(ConstView view, std::span<const double> factors) {
  return [view, factors](const Panel& panel) {
    for (std::size_t s = 0; s < panel.steps; ++s) {
      const double* row = view.data + (panel.step + s) * view.stride + panel.first;
      const double factor = factors[panel.step + s];
      for (std::size_t i = 0; i < panel.count; ++i) panel.out[s * panel.width + i] = factor * row[i];
    }
  };
}

class Krylov {
 public:
  Krylov(const ScaledTriangle& matrix, const EigenOptions& options)
      : matrix_(matrix),
        options_(options),
        kept_(kept_for(options.count)),
        execution_{.threads = options.threads},
        basis_(matrix.columns(), space_for(options.count)),
        image_(matrix.columns(), space_for(options.count)),
        block_(matrix.columns(), kBlock) {}

  Result<Eigenpairs> solve() {
    for (double& value : block_.values) value = random_.next();
    if (auto done = orthonormalize(); !done) return forward_error(done);
    for (int cycle = 0; cycle < kMaxCycles; ++cycle) {
      while (dimension_ + kBlock <= basis_.columns) {
        if (auto grown = grow(); !grown) return forward_error(grown);
      }
      auto pairs = restart();
      if (!pairs) return forward_error(pairs);
      if (options_.approximate || largest_residual(*pairs) <= kTolerance * pairs->values[0]) return first_of(*pairs);
    }
    return fail(ErrorCode::internal, fmt::format("the principal components did not converge in {} cycles", kMaxCycles));
  }

 private:
  // The block becomes part of the basis, and what the matrix makes of it, without what the basis has, the next block.
  Result<void> grow() {
    Matrix product(block_.rows, block_.columns);
    add_product(execution_, matrix_.columns(), symmetric(matrix_), scaled_columns_of(block_.all(), matrix_.factors),
                product.all());
    for (std::size_t i = 0; i < product.rows; ++i) {
      for (std::size_t j = 0; j < product.columns; ++j) {
        product.at(i, j) *= matrix_.factors[i];
        basis_.at(i, dimension_ + j) = block_.at(i, j);
        image_.at(i, dimension_ + j) = product.at(i, j);
      }
    }
    dimension_ += kBlock;
    block_ = std::move(product);
    return orthonormalize();
  }

  // Makes the block's columns orthonormal, and orthogonal to the basis. Twice is enough, but where columns were
  // dependent to working precision.
  Result<void> orthonormalize() {
    for (int round = 0; round < kMaxRounds; ++round) {
      project();
      auto independent = orthonormalize_block();
      if (!independent) return forward_error(independent);
      if (round > 0 && *independent) break;
    }
    return {};
  }

  void project() {
    if (dimension_ == 0) return;
    Matrix parts(dimension_, block_.columns);
    add_product(execution_, block_.rows, columns_of(basis_.first(dimension_)), columns_of(block_.all()), parts.all());
    for (double& part : parts.values) part = -part;
    add_product(execution_, dimension_, rows_of(basis_.first(dimension_)), columns_of(parts.all()), block_.all());
  }

  // Whether its columns were of length 1, about, and well independent. By the eigenvectors of its Gram matrix
  // (Stathopoulos and Wu, "A Block Orthogonalization Procedure with Constant Synchronization Requirements", 2002).
  Result<bool> orthonormalize_block() {
    const std::size_t width = block_.columns;
    Matrix gram(width, width);
    std::vector<double> scales(width);
    add_product(execution_, block_.rows, columns_of(block_.all()), columns_of(block_.all()), gram.all());
    bool independent = true;
    for (std::size_t i = 0; i < width; ++i) {
      independent = independent && gram.at(i, i) > 0.25;  // the projection has not taken most of what was of length 1
      scales[i] = gram.at(i, i) > 1e-280 ? 1 / std::sqrt(gram.at(i, i)) : 0;
    }
    for (std::size_t i = 0; i < width; ++i) {
      for (std::size_t j = 0; j < width; ++j) gram.at(i, j) *= scales[i] * scales[j];
    }
    auto pairs = dense_eigenpairs(gram.values, width, width);
    if (!pairs) return forward_error(pairs);
    const double least = 1e-13 * pairs->values[0];
    for (std::size_t j = 0; j < width; ++j) {
      const double factor = pairs->values[j] > least ? 1 / std::sqrt(pairs->values[j]) : 0;
      for (std::size_t i = 0; i < width; ++i) pairs->vectors[j * width + i] *= scales[i] * factor;
    }
    block_ = rotated(block_.all(), *pairs, width);
    // What is rounding, because the matrix makes no more directions, gives way to random directions.
    for (std::size_t j = 0; j < width; ++j) {
      for (std::size_t i = 0; i < block_.rows && pairs->values[j] <= least; ++i) block_.at(i, j) = random_.next();
    }
    return independent && pairs->values.back() > 1e-8 * pairs->values[0];
  }

  // The columns of `view` combined by the eigenvectors.
  Matrix rotated(ConstView view, const Eigenpairs& pairs, std::size_t count) {
    Matrix out(view.rows, count);
    const ConstView vectors{
        .data = pairs.vectors.data(), .rows = count, .columns = view.columns, .stride = view.columns};
    add_product(execution_, view.columns, rows_of(view), rows_of(vectors), out.all());
    return out;
  }

  // Rayleigh and Ritz: the best that is in the space, which then is all that is left of it.
  Result<Eigenpairs> restart() {
    Matrix projected(dimension_, dimension_);
    add_product(execution_, basis_.rows, columns_of(basis_.first(dimension_)), columns_of(image_.first(dimension_)),
                projected.all());
    auto pairs = dense_eigenpairs(projected.values, dimension_, kept_);
    if (!pairs) return pairs;
    for (Matrix* matrix : {&basis_, &image_}) {
      Matrix kept = rotated(matrix->first(dimension_), *pairs, kept_);
      for (std::size_t i = 0; i < kept.rows; ++i) std::copy_n(&kept.at(i, 0), kept.columns, &matrix->at(i, 0));
    }
    dimension_ = kept_;
    return pairs;
  }

  // Of the wanted pairs: the length of what the matrix makes of a vector, less the vector times its value.
  double largest_residual(const Eigenpairs& pairs) {
    std::vector<double> squares(options_.count);
    for (std::size_t i = 0; i < basis_.rows; ++i) {
      for (std::size_t j = 0; j < options_.count; ++j) {
        const double difference = image_.at(i, j) - pairs.values[j] * basis_.at(i, j);
        squares[j] += difference * difference;
      }
    }
    return std::sqrt(std::ranges::max(squares));
  }

  Eigenpairs first_of(const Eigenpairs& pairs) {
    Eigenpairs found{
        .values = {pairs.values.begin(), pairs.values.begin() + static_cast<std::ptrdiff_t>(options_.count)},
        .vectors = std::vector<double>(options_.count * basis_.rows)};
    for (std::size_t j = 0; j < options_.count; ++j) {
      for (std::size_t i = 0; i < basis_.rows; ++i) found.vectors[j * basis_.rows + i] = basis_.at(i, j);
    }
    return found;
  }

  const ScaledTriangle& matrix_;
  EigenOptions options_;
  std::size_t kept_;
  Execution execution_;
  Random random_;
  Matrix basis_;  // orthonormal columns, of which there are dimension_
  Matrix image_;  // the matrix times each
  Matrix block_;  // orthonormal, orthogonal to the basis: what comes next
  std::size_t dimension_ = 0;
};

}  // namespace

bool suits_krylov(std::size_t columns, std::size_t count) { return columns >= 3 * space_for(count) / 2; }

Result<Eigenpairs> krylov_eigenpairs(const ScaledTriangle& matrix, const EigenOptions& options) {
  return Krylov(matrix, options).solve();
}

}  // namespace vidi::statistics
