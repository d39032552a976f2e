#pragma once
// SHA-256 (FIPS 180-4): the name under which a picture is kept.

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace vidi {

struct Digest {
  std::array<std::byte, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
};

// Any thread.
Digest sha256(ByteView bytes);

// 64 lower-case hexadecimal characters.
std::string to_string(const Digest& digest);

// Absent unless `text` is exactly 64 hexadecimal characters.
std::optional<Digest> parse_digest(std::string_view text);

}  // namespace vidi

template <>
struct std::hash<vidi::Digest> {
  // A digest is uniformly distributed: its first bytes are a hash.
  std::size_t operator()(const vidi::Digest& digest) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | std::to_integer<std::size_t>(digest.bytes[i]);
    return value;
  }
};
