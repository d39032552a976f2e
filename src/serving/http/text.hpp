#pragma once
// Small operations on the text of HTTP messages: ASCII only, whatever the locale.

#include <optional>
#include <string>
#include <string_view>

namespace vidi::http {

bool equal_ignoring_case(std::string_view left, std::string_view right);

// Whether it is a token of RFC 9110, 5.6.2 (a header's name, a parameter's bare value).
bool is_token(std::string_view text);

// Without the spaces and tabs at both ends.
std::string_view trim(std::string_view text);

// The value of a hexadecimal digit; -1 when it is none.
int hex_value(char digit);

// Absent when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

// A query's name or value: '+' is a space, and a malformed "%" stands for itself.
std::string form_decoded(std::string_view text);

}  // namespace vidi::http
