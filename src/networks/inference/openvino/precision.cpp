#include "inference/openvino/precision.hpp"

#include <algorithm>
#include <openvino/openvino.hpp>

#include "inference/openvino/instructions.hpp"
#include "inference/openvino/load_graph.hpp"

namespace vidi::inference {

ov::element::Type type_of(Precision precision) {
  if (precision == Precision::f32 || !allows_bf16()) return ov::element::f32;
  const auto capabilities = core().get_property("CPU", ov::device::capabilities);
  return std::ranges::find(capabilities, "BF16") != capabilities.end() ? ov::element::bf16 : ov::element::f32;
}

}  // namespace vidi::inference
