#pragma once
// Objects laid on a ground.

#include "augmentation/canvas.hpp"
#include "augmentation/vary.hpp"

namespace vidi::augmentation {

// Lays the object (cutout.hpp) on the canvas once or several times, with its shadow and at times with something over
// its edge.
void place_object(Random& random, const image::Image& object, const VaryOptions& options, Canvas& canvas);

}  // namespace vidi::augmentation
