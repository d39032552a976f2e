#pragma once
// The tile of a kernel, compiled once for each kind of processor with its own flags: everything here has internal
// linkage, and no header of the standard library with inline functions may be included, or the linker could choose a
// copy with instructions that the processor does not have.
//
// The accumulators stay in registers over all steps; a step loads one row of `b` and broadcasts each number of `a`
// (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).

#include "statistics/kernel.hpp"

namespace vidi::statistics {
namespace {

// `lanes`: doubles in a register of this processor; the tile is `height` rows of `registers` registers.
template <std::size_t lanes, std::size_t height, std::size_t registers>
void add_tile(std::size_t steps, const double* a, std::size_t a_step, const double* b, double* const* rows) {
  using Vector [[gnu::vector_size(lanes * sizeof(double))]] = double;
  using Unaligned [[gnu::vector_size(lanes * sizeof(double)), gnu::aligned(sizeof(double)), gnu::may_alias]] = double;
  Vector sums[height][registers] = {};
  for (std::size_t s = 0; s < steps; ++s, a += a_step, b += lanes * registers) {
    Vector row[registers];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < registers; ++r) row[r] = *reinterpret_cast<const Vector*>(b + lanes * r);
#pragma GCC unroll 16
    for (std::size_t i = 0; i < height; ++i) {
#pragma GCC unroll 8
      for (std::size_t r = 0; r < registers; ++r) sums[i][r] += row[r] * a[i];
    }
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < height; ++i) {
#pragma GCC unroll 8
    for (std::size_t r = 0; r < registers; ++r) *reinterpret_cast<Unaligned*>(rows[i] + lanes * r) += sums[i][r];
  }
}

}  // namespace
}  // namespace vidi::statistics
