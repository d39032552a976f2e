#include "statistics/kernel_tile.hpp"

namespace vidi::statistics {

const Kernel kKernelAvx512 = {.name = "avx512", .height = 8, .width = 24, .add = add_tile<8, 8, 3>};

}  // namespace vidi::statistics
