#include "api/html.hpp"

#include <array>

namespace vidi::api {
namespace {

// UTF-8 of Unicode's Bidi_Control characters: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
constexpr std::array<std::string_view, 12> kBidiControls{"\u061C", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C",
                                                         "\u202D", "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"};

std::string_view bidi_control_at(std::string_view text) {
  for (const std::string_view control : kBidiControls) {
    if (text.starts_with(control)) return control;
  }
  return {};
}

void append_escaped(std::string& html, char c) {
  switch (c) {
    case '&':
      html += "&amp;";
      return;
    case '<':
      html += "&lt;";
      return;
    case '>':
      html += "&gt;";
      return;
    case '"':
      html += "&quot;";
      return;
    case '\'':
      html += "&#39;";
      return;
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(c);
  if (code < 0x20 || code == 0x7F) {
    html += "\uFFFD";
  } else {
    html += c;
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  html.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::string_view control = bidi_control_at(text);
    if (!control.empty()) {
      html += "\uFFFD";
      text.remove_prefix(control.size());
      continue;
    }
    append_escaped(html, text.front());
    text.remove_prefix(1);
  }
  return html;
}

}  // namespace vidi::api
