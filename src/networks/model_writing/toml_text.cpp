#include "model_writing/toml_text.hpp"

#include <fmt/format.h>

namespace vidi::model_writing {

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string quote_all(std::span<const std::string> texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() == 1 ? "" : ", ") + quote(text);
  return list + ']';
}

std::string number(double value) {
  std::string text = fmt::format("{:#}", value);
  // TOML wants a digit on both sides of the point.
  const std::size_t bare = text.find(".e");
  return bare == std::string::npos ? text : text.insert(bare + 1, "0");
}

}  // namespace vidi::model_writing
