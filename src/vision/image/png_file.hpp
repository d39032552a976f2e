#pragma once
// Pictures that a command writes.

#include <string>

#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::image {

// Error: internal, "PATH cannot be written: reason".
Result<void> write_png(const std::string& path, const Image& picture);

}  // namespace vidi::image
