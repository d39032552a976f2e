#pragma once
// The description of vidi's own paths, after https://spec.openapis.org/oas/v3.1.0: openapi.json, compiled in, with the
// schema of a prediction made from the description of its fields (records/prediction.hpp). Thread-safe.

#include <string_view>

namespace vidi::api {

std::string_view openapi_text();

// openapi.json as it is written, with "PREDICTION_SCHEMA" in place of that schema.
std::string_view openapi_template();

}  // namespace vidi::api
