#pragma once
// The innermost loop of every matrix product here, in one form for each kind of processor. Internal to this module.

#include <cstddef>
#include <span>

namespace vidi::statistics {

// Works on a tile of `height` by `width` numbers. `add` adds to row i of the tile, which begins at rows[i], the sum
// over s < steps of a[s * a_step + i] * b[s * width + j]. `b` is aligned to 64 bytes.
struct Kernel {
  const char* name;
  std::size_t height;
  std::size_t width;  // a multiple of the height
  void (*add)(std::size_t steps, const double* a, std::size_t a_step, const double* b, double* const* rows);
};

extern const Kernel kKernelAvx512;
extern const Kernel kKernelAvx2;
extern const Kernel kKernelBaseline;

// Those that this processor can run, the fastest first. Any thread.
std::span<const Kernel* const> kernels();

}  // namespace vidi::statistics
