#include "recognition/filename.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace vidi::recognition {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f'); }

bool is_kept(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

// NFKD, then only what is ASCII. `text` is valid UTF-8.
std::string to_ascii(const std::string& text) {
  utf8proc_uint8_t* mapped = nullptr;
  const auto length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  std::string ascii;
  for (utf8proc_ssize_t i = 0; i < length; ++i) {
    if (mapped[i] < 0x80) ascii += static_cast<char>(mapped[i]);
  }
  return ascii;
}

}  // namespace

std::string recorded_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    utf8proc_int32_t codepoint = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &codepoint);
    const std::string_view character = length > 0 ? text.substr(0, static_cast<std::size_t>(length)) : "\xEF\xBF\xBD";
    if (result.size() + character.size() > kMaxRecordedText) break;
    result += character;
    text.remove_prefix(length > 0 ? static_cast<std::size_t>(length) : 1);
  }
  return result;
}

std::string safe_filename(std::string_view filename) {
  std::string ascii = to_ascii(recorded_text(filename));
  std::ranges::replace(ascii, '/', ' ');
  std::string result;
  bool after_space = false;
  for (const char c : ascii) {
    if (is_space(c)) {
      after_space = true;
      continue;
    }
    if (after_space && !result.empty()) result += '_';
    after_space = false;
    // A dropped character still ends white space, as it does when the words are joined first.
    result += is_kept(c) ? c : '\0';
  }
  std::erase(result, '\0');
  const auto first = result.find_first_not_of("._");
  if (first == std::string::npos) return {};
  return result.substr(first, result.find_last_not_of("._") - first + 1);
}

std::string extension(std::string_view filename) {
  const auto dot = filename.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string result(filename.substr(dot + 1));
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

}  // namespace vidi::recognition
