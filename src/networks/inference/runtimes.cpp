#include "inference/runtimes.hpp"

#include <array>

#include "inference/openvino/runtime.hpp"

namespace vidi::inference {

std::span<const Runtime* const> runtimes() {
  static const std::array<const Runtime*, 1> table{&openvino_runtime()};
  return table;
}

}  // namespace vidi::inference
