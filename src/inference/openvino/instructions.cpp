#include "inference/openvino/instructions.hpp"

#include <cstdlib>
#include <string_view>

namespace vidi::inference {
namespace {

// Of oneDNN's names the ones below AVX-512.
bool without_avx512() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return most != nullptr && (std::string_view(most).starts_with("AVX2") || std::string_view(most) == "AVX");
}

bool without_avx2() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return most != nullptr && (std::string_view(most) == "SSE41" || std::string_view(most) == "AVX");
}

}  // namespace

Instructions best_instructions() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0 && !without_avx512() && !without_avx2()) return Instructions::avx512;
  const bool avx2 =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("f16c") != 0;
  if (avx2 && !without_avx2()) return Instructions::avx2;
#endif
  return Instructions::none;
}

}  // namespace vidi::inference
