#pragma once
// Numbers of half precision (IEEE 754-2008 binary16), in which weights are shipped.

#include <bit>
#include <cstdint>

namespace vidi::onnx_writing {

// The greatest finite number of half precision.
inline constexpr float kGreatestHalf = 65504.0F;

// The bits of the nearest number of half precision; of two as near, of the even one. What is 65520 or more becomes
// infinity.
constexpr std::uint16_t to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16U & 0x8000U);
  const std::uint32_t magnitude = bits & 0x7fff'ffffU;
  if (magnitude > 0x7f80'0000U) return sign | 0x7e00U;   // not a number
  if (magnitude >= 0x477f'f000U) return sign | 0x7c00U;  // 65520 and more
  if (magnitude < 0x3880'0000U) {
    // Below 2^-14 halves lie 2^-24 apart: that is the spacing of floats from 0.5 to 1, and an addition rounds to it.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5F;
    return sign | static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(shifted) - 0x3f00'0000U);
  }
  // Half has 13 digits fewer and an exponent that is 112 less.
  const std::uint32_t odd = magnitude >> 13U & 1U;
  return sign | static_cast<std::uint16_t>((magnitude - 0x3800'0000U + 0xfffU + odd) >> 13U);
}

}  // namespace vidi::onnx_writing
