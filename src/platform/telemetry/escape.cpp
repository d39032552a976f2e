#include "telemetry/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace vidi::telemetry {
namespace {

struct Character {
  std::uint32_t code = 0xFFFD;
  std::size_t size = 1;  // in bytes
};

// The character at the front of `text` (RFC 3629); U+FFFD for a byte that begins none.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {.code = lead, .size = 1};
  std::size_t size = 0;
  if (lead >= 0xC2 && lead <= 0xDF) size = 2;
  if (lead >= 0xE0 && lead <= 0xEF) size = 3;
  if (lead >= 0xF0 && lead <= 0xF4) size = 4;
  if (size == 0 || text.size() < size) return {};
  std::uint32_t code = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {.code = code, .size = size};
}

bool is_dangerous(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C || code == 0x200E || code == 0x200F ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_plain(char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; }

}  // namespace

void append_quoted(std::string& line, std::string_view text, std::size_t most) {
  const bool too_long = text.size() > most;
  line += '"';
  std::size_t done = 0;
  while (done < text.size()) {
    const std::string_view rest = text.substr(done);
    const auto plain = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_plain) - rest.begin());
    if (plain > 0) {
      const std::size_t taken = std::min(plain, most - done);
      line += rest.substr(0, taken);
      done += taken;
      if (done == most) break;
      continue;
    }
    const Character character = first_character(rest);
    if (done + character.size > most) break;
    if (character.code == '"' || character.code == '\\') {
      line += '\\';
      line += rest.front();
    } else if (is_dangerous(character.code)) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", character.code);
    } else if (character.code == 0xFFFD) {
      line += "\xEF\xBF\xBD";
    } else {
      line += rest.substr(0, character.size);
    }
    done += character.size;
  }
  if (too_long) line += "...";
  line += '"';
}

}  // namespace vidi::telemetry
