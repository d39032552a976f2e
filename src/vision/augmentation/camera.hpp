#pragma once
// What a camera makes of a scene.

#include "augmentation/canvas.hpp"
#include "augmentation/vary.hpp"

namespace vidi::augmentation {

// Changes contrast, brightness, white balance and saturation; at times blurs and adds noise.
void photograph(Random& random, const VaryOptions& options, Canvas& canvas);

}  // namespace vidi::augmentation
