#include "records/packing/text.hpp"

#include <utf8proc.h>

#include "core/bytes.hpp"

namespace vidi::records {
namespace {

constexpr char kEscape = '\1';

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(at, left, &character);
    if (used <= 0) return false;
    at += used;
    left -= used;
  }
  return true;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string to_text(std::string_view bytes) {
  if (is_utf8(bytes) && !bytes.starts_with(kEscape)) return std::string(bytes);
  return kEscape + to_hex(as_bytes(bytes));
}

std::optional<std::string> from_text(std::string_view text) {
  if (!text.starts_with(kEscape)) return std::string(text);
  text.remove_prefix(1);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]);
    const int low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace vidi::records
