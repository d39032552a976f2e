#pragma once
// Bytes from outside: owned (Bytes) and borrowed (ByteView).

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidi {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

inline Bytes to_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

// Lower-case hexadecimal, two characters a byte.
std::string to_hex(ByteView bytes);

}  // namespace vidi
