#pragma once
// Pictures with transparency. Internal to this module.

#include "image/image.hpp"

namespace vidi::digits {

// Without alpha, on a background against which the drawing can be seen: a drawing in one color on nothing becomes
// black on white, whatever its color; anything else is laid over white.
image::Image on_paper(image::Image picture);

}  // namespace vidi::digits
