#include "inference/openvino/instructions.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace vidi::inference {
namespace {

// What the environment allows at most, by oneDNN's names; empty: everything.
std::string_view most_instructions() {
  const char* const most = std::getenv("ONEDNN_MAX_CPU_ISA");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return most != nullptr ? most : "";
}

Instructions allowed_instructions() {
  const std::string_view name = most_instructions();
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

bool has_vnni() {
#if defined(__x86_64__)
  constexpr std::array<std::string_view, 4> kWithout{"SSE41", "AVX", "AVX2", "AVX512_CORE"};
  if (std::ranges::find(kWithout, most_instructions()) != kWithout.end()) return false;
  return __builtin_cpu_supports("avxvnni") != 0 || __builtin_cpu_supports("avx512vnni") != 0;
#else
  return false;
#endif
}

bool allows_bf16() {
  constexpr std::array<std::string_view, 6> kWithout{"SSE41",     "AVX",         "AVX2",
                                                     "AVX2_VNNI", "AVX512_CORE", "AVX512_CORE_VNNI"};
  return std::ranges::find(kWithout, most_instructions()) == kWithout.end();
}

}  // namespace vidi::inference
