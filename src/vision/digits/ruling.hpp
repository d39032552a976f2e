#pragma once
// Ruled, squared and boxed paper. Internal to this module.

#include <opencv2/core/mat.hpp>

#include "digits/blobs.hpp"

namespace vidi::digits {

enum class Ruling {
  all,
  boxes,  // only the sides of boxes and cells that lie within the picture
};

// Takes long straight thin lines out of the mask, and leaves the strokes that cross them. `blobs` are those of the
// mask. Returns whether anything was taken out: the blobs are then others.
bool remove_ruling(cv::Mat& mask, const Blobs& blobs, Ruling ruling);

// Whether some component looks like a box or cells that lie within the picture, at any scale.
bool has_boxes(const Blobs& blobs);

}  // namespace vidi::digits
