#pragma once
// Bytes for tests of object stores.

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"

namespace vidi::objects {

// Bytes that differ with the seed.
inline Bytes sample_picture(std::size_t size, unsigned seed) {
  Bytes bytes(size);
  std::uint32_t state = seed * 2654435761U + 12345U;
  for (std::byte& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<std::byte>(state >> 24U);
  }
  return bytes;
}

}  // namespace vidi::objects
