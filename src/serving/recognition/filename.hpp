#pragma once
// Names and texts that clients send: hostile until shown otherwise.

#include <string>
#include <string_view>

namespace vidi::recognition {

// The longest text of a client's (a file's name, a user) that is recorded, in bytes.
constexpr std::size_t kMaxRecordedText = 16U << 10U;

// A client's text as it is recorded: the end of a longer one cut off at a character's edge, invalid UTF-8 replaced by
// U+FFFD. It may still hold anything, "../" and "<script>" among it: escape it where it is shown, and never use it as a
// path.
std::string recorded_text(std::string_view text);

// A name that can stand in a table, a download or a path, made as Werkzeug's secure_filename makes it: compatibility
// decomposition (Unicode NFKD), ASCII only, slashes and white space become '_', other characters than letters, digits,
// '_', '.', '-' are dropped, and '.' and '_' are stripped from both ends. May be empty.
std::string safe_filename(std::string_view filename);

// The part after the last dot, in lower case; empty when there is none.
std::string extension(std::string_view filename);

}  // namespace vidi::recognition
