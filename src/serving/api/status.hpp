#pragma once
// The one place that maps an error to its HTTP status (RFC 9110, section 15).

#include "core/result.hpp"

namespace vidi::api {

int http_status(ErrorCode code);

}  // namespace vidi::api
