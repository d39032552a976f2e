#pragma once
// Pictures that a command writes.

#include <string>

#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::app {

// Error: internal, "PATH cannot be written: reason".
Result<void> write_png(const std::string& path, const image::Image& picture);

}  // namespace vidi::app
