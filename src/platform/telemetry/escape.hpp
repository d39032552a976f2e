#pragma once
// A client's text inside a line of a log or of JSON.

#include <cstddef>
#include <string>
#include <string_view>

namespace vidi::telemetry {

// Appends `text` as a JSON string, with its quotation marks. Control characters, line and paragraph separators and the
// marks that turn the direction of writing become \uXXXX, so that no text can break or disguise a line; invalid UTF-8
// becomes U+FFFD. What is longer than `most` bytes is cut at a character's edge and ends in "...".
void append_quoted(std::string& line, std::string_view text, std::size_t most);

}  // namespace vidi::telemetry
