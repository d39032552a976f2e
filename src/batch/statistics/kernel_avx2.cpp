#include "statistics/kernel_tile.hpp"

namespace vidi::statistics {

const Kernel kKernelAvx2 = {.name = "avx2", .height = 4, .width = 12, .add = add_tile<4, 4, 3>};

}  // namespace vidi::statistics
