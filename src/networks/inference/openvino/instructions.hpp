#pragma once
// What this processor can do, as far as our own operations ask for it.

namespace vidi::inference {

enum class Instructions {
  none,    // neither of those below
  avx2,    // AVX2 with FMA and F16C
  avx512,  // AVX-512F
};

// The best that there is; at most AVX2 where the environment says ONEDNN_MAX_CPU_ISA=AVX2, as it does for OpenVINO.
Instructions best_instructions();

// Whether OpenVINO multiplies 8 bits with sums of 32 bits (VNNI, AMX); what ONEDNN_MAX_CPU_ISA forbids is not there.
bool has_vnni();

// Whether ONEDNN_MAX_CPU_ISA leaves products of bfloat16, where the processor has them.
bool allows_bf16();

}  // namespace vidi::inference
