#pragma once
// What objects lie on or stand before.

#include "augmentation/canvas.hpp"

namespace vidi::augmentation {

// A plain color, a slope, clouds, wood, cloth, leaves, lights out of focus, clutter, a studio's white, gravel, or a
// plate on a table; sharp or not, in an even light or not.
Canvas make_ground(Random& random, int width, int height);

}  // namespace vidi::augmentation
