#pragma once
// An object without the plain ground it was photographed on.

#include <optional>

#include "image/image.hpp"

namespace vidi::augmentation {

// The object alone, as small as its box: 4 channels, the last is how much of the pixel it covers, the others are
// multiplied by that. Absent when there is no object on a plain ground: when the picture's border is of many colors,
// or nothing or nearly everything differs from the border.
//
// Where there is transparency, it says what the object is. Otherwise the ground is what is connected with the border
// and has its color; the outermost pixels, which the ground shines into, are given up.
std::optional<image::Image> cut_out(const image::Image& picture);

}  // namespace vidi::augmentation
