#pragma once
// Text in HTML.

#include <string>
#include <string_view>

namespace vidi::api {

// For text and attribute values between quotes: & < > " ' become entities; control characters and the marks that turn
// the direction of writing (Unicode Bidi_Control) are shown as visible symbols, so that a name cannot pose as another.
std::string escape_html(std::string_view text);

}  // namespace vidi::api
