#pragma once
// Textures.

#include "augmentation/canvas.hpp"

namespace vidi::augmentation {

struct Grain {
  float across = 4;  // how many cells there are along the shorter side, along the direction and across it
  float down = 4;
  Direction direction;
};

// Random values from 0 to 1 on a grid, smoothly joined ("value noise").
Plane noise(Random& random, int width, int height, const Grain& grain);

// Adds the other's values times `weight`.
void add(Plane& plane, const Plane& other, float weight);

// From 0 at one edge to 1 at the opposite one, in a random direction; steeper at times.
Plane slope(Random& random, int width, int height);

}  // namespace vidi::augmentation
