#include "inference/openvino/instructions.hpp"

#include <cstdlib>
#include <string_view>

namespace vidi::inference {
namespace {

// What the environment allows, by oneDNN's names.
Instructions allowed_instructions() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  const std::string_view name = most != nullptr ? most : "";
  if (name == "SSE41" || name == "AVX") return Instructions::none;
  return name.starts_with("AVX2") ? Instructions::avx2 : Instructions::avx512;
}

}  // namespace

Instructions best_instructions() {
#if defined(__x86_64__)
  const Instructions allowed = allowed_instructions();
  if (__builtin_cpu_supports("avx512f") != 0 && allowed == Instructions::avx512) return Instructions::avx512;
  const bool avx2 =
      __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 && __builtin_cpu_supports("f16c") != 0;
  if (avx2 && allowed != Instructions::none) return Instructions::avx2;
#endif
  return Instructions::none;
}

}  // namespace vidi::inference
