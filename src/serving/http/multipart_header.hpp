#pragma once
// The header of one part of multipart/form-data, as browsers, curl and HTTP libraries write it.

#include <string_view>

#include "http/multipart.hpp"

namespace vidi::http {

// `header` is what stands before the part's empty line, without it.
Result<Part> parse_part_header(std::string_view header, const MultipartLimits& limits);

}  // namespace vidi::http
