#pragma once
// Ruled, squared and boxed paper. Internal to this module.

#include <opencv2/core/mat.hpp>

namespace vidi::digits {

// Takes long straight thin lines out of the mask, and leaves the strokes that cross them.
void remove_ruling(cv::Mat& mask);

}  // namespace vidi::digits
