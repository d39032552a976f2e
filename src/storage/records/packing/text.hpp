#pragma once
// Texts of predictions, which may be any bytes, for stores and files that take only UTF-8.

#include <optional>
#include <string>
#include <string_view>

namespace vidi::records {

// Any bytes as UTF-8, each string as another: UTF-8 stays as it is; what is not, or begins with the byte 1, becomes the
// byte 1 and its hexadecimal digits.
std::string to_text(std::string_view bytes);

// Absent: no text that to_text() makes.
std::optional<std::string> from_text(std::string_view text);

}  // namespace vidi::records
