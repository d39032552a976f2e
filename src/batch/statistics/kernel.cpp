#include "statistics/kernel.hpp"

#include <vector>

namespace vidi::statistics {
namespace {

std::vector<const Kernel*> supported() {
  std::vector<const Kernel*> found;
  const bool avx512 = __builtin_cpu_supports("avx512f") != 0;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (avx512) found.push_back(&kKernelAvx512);
  if (avx2) found.push_back(&kKernelAvx2);
  found.push_back(&kKernelBaseline);
  return found;
}

}  // namespace

std::span<const Kernel* const> kernels() {
  static const std::vector<const Kernel*> found = supported();
  return found;
}

}  // namespace vidi::statistics
