#include "statistics/kernel_tile.hpp"

namespace vidi::statistics {

const Kernel kKernelBaseline = {.name = "baseline", .height = 4, .width = 4, .add = add_tile<2, 4, 2>};

}  // namespace vidi::statistics
