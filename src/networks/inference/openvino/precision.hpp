#pragma once
// What this processor can do of a precision that is asked for.

#include <openvino/core/type/element_type.hpp>

#include "inference/model.hpp"

namespace vidi::inference {

// f32, or bf16 where that is asked for (int8: of what is not computed in 8 bits) and the processor has it.
ov::element::Type type_of(Precision precision);

}  // namespace vidi::inference
