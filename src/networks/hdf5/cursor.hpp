#pragma once
// Reads numbers out of bytes, least significant byte first, and never beyond their end.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/bytes.hpp"

namespace vidi::hdf5 {

// The address of nothing.
inline constexpr std::uint64_t kUndefined = ~std::uint64_t{0};

// The bytes from `offset` on, `size` of them; empty unless all of them are there.
inline ByteView slice(ByteView bytes, std::uint64_t offset, std::uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return {};
  return bytes.subspan(offset, size);
}

// After a read beyond the end everything reads as 0, and is_good() says so.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}
  Cursor(ByteView bytes, std::uint64_t offset) : bytes_(bytes) { skip(offset); }

  // `width`: 1 to 8 bytes.
  std::uint64_t number(std::size_t width) {
    const ByteView part = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = part.size(); i > 0; --i) value = value << 8U | std::to_integer<std::uint64_t>(part[i - 1]);
    return value;
  }
  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }

  ByteView take(std::uint64_t size) {
    if (size > bytes_.size()) {
      is_good_ = false;
      bytes_ = {};
      return {};
    }
    const ByteView part = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return part;
  }
  void skip(std::uint64_t size) { take(size); }
  bool expect(std::string_view text) { return as_text(take(text.size())) == text; }

  [[nodiscard]] bool is_good() const { return is_good_; }
  [[nodiscard]] ByteView rest() const { return bytes_; }

 private:
  ByteView bytes_;
  bool is_good_ = true;
};

constexpr std::uint64_t padded_to_8(std::uint64_t size) { return (size + 7) / 8 * 8; }

}  // namespace vidi::hdf5
