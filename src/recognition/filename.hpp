#pragma once
// The names that clients give their files: hostile until shown otherwise.

#include <string>
#include <string_view>

namespace vidi::recognition {

// The longest name that is recorded, in bytes; the end of a longer one is cut off at a character's edge.
constexpr std::size_t kMaxFilename = 16U << 10U;

// The name as it is recorded: cut to kMaxFilename, invalid UTF-8 replaced by U+FFFD. It may still hold anything, "../"
// and "<script>" among it: escape it where it is shown, and never use it as a path.
std::string recorded_filename(std::string_view filename);

// A name that can stand in a table, a download or a path, made as Werkzeug's secure_filename makes it: compatibility
// decomposition (Unicode NFKD), ASCII only, slashes and white space become '_', other characters than letters, digits,
// '_', '.', '-' are dropped, and '.' and '_' are stripped from both ends. May be empty.
std::string safe_filename(std::string_view filename);

// The part after the last dot, in lower case; empty when there is none.
std::string extension(std::string_view filename);

}  // namespace vidi::recognition
