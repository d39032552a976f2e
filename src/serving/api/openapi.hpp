#pragma once
// The description of vidi's own paths, after https://spec.openapis.org/oas/v3.1.0: openapi.json, compiled in.

#include <string_view>

namespace vidi::api {

std::string_view openapi_text();

}  // namespace vidi::api
