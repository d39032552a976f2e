#pragma once
// Pictures made from a picture, as a camera might have taken them elsewhere: for learning from few and uniform ones.
//
// Fruits-360 and its like show one object on a white ground. A classifier that learns from them alone takes the ground
// for a part of the object and fails on photos. docs/how-to/features.md says what the variants change about that.

#include <cstdint>

#include "image/image.hpp"

namespace vidi::augmentation {

// Probabilities are from 0 to 1.
struct VaryOptions {
  int width = 224;  // of the variant, in pixels, at least 1
  int height = 224;
  double smallest = 0.3;  // of the object's longer side, as a part of the variant's shorter side
  double largest = 1.05;
  double several = 0.35;  // how probable it is that the object is there two to ten times
  double covered = 0.3;   // how probable it is that leaves or other things lie over its edge
  double light = 1;       // how far brightness, contrast and shading may go; 0: they stay
  double color = 1;       // how far the light's color and the saturation may go; 0: they stay
  double camera = 1;      // how probable blur, sharpening and noise are, as a part of what is usual; 0: never
};

// A picture of an object on a plain ground, or with a transparent one, becomes that object elsewhere: turned, in
// another size and light, on another ground that is drawn for it, sometimes several times or partly covered. Any other
// picture is cut, mirrored and changed in light, color and sharpness as a whole.
//
// `picture`: of any size from 1x1, 1 to 4 channels. Returns options.width x options.height pixels of 3 channels.
// The same picture, seed and options give the same variant on every machine. Any thread.
image::Image vary(const image::Image& picture, std::uint64_t seed, const VaryOptions& options = {});

// What the objects of vary() lie on, with nothing on it: for learning what is none of them. Any thread.
image::Image background(std::uint64_t seed, const VaryOptions& options = {});

}  // namespace vidi::augmentation
