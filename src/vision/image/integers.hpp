#pragma once
// Integers inside a file. The caller has checked that they lie inside `bytes`.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "core/bytes.hpp"

namespace vidi::image {

inline std::uint32_t byte_at(ByteView bytes, std::size_t at) {
  assert(at < bytes.size());
  return std::to_integer<std::uint32_t>(bytes[at]);
}

inline std::uint32_t big16(ByteView bytes, std::size_t at) { return byte_at(bytes, at) << 8U | byte_at(bytes, at + 1); }

inline std::uint32_t big32(ByteView bytes, std::size_t at) { return big16(bytes, at) << 16U | big16(bytes, at + 2); }

inline std::uint32_t little16(ByteView bytes, std::size_t at) {
  return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8U;
}

inline std::uint32_t little32(ByteView bytes, std::size_t at) {
  return little16(bytes, at) | little16(bytes, at + 2) << 16U;
}

// Whether `count` bytes lie inside, from `at` on.
inline bool holds(ByteView bytes, std::size_t at, std::size_t count) {
  return at <= bytes.size() && count <= bytes.size() - at;
}

// The product, or the largest number when it is larger than that.
inline std::size_t saturating_product(std::size_t a, std::size_t b) {
  std::size_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<std::size_t>::max() : product;
}

inline std::size_t saturating_sum(std::size_t a, std::size_t b) {
  std::size_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::size_t>::max() : sum;
}

}  // namespace vidi::image
