#pragma once
// Base 64 (RFC 4648, section 4).

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace vidi {

// Absent unless `text` is valid: with '=' at its end or without; '-' and '_' of the URL-safe alphabet (section 5) are
// taken too, white space is not.
std::optional<Bytes> decode_base64(std::string_view text);

// With '=' at its end.
std::string encode_base64(ByteView bytes);

}  // namespace vidi
