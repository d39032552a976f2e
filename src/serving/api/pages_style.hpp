#pragma once
// What the pages look like: pages.css, compiled in.

#include <string_view>

namespace vidi::api {

std::string_view pages_style();

}  // namespace vidi::api
