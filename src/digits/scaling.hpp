#pragma once
// Sizes that never become nothing. Internal to this module.

#include <algorithm>
#include <cmath>
#include <opencv2/core/mat.hpp>

namespace vidi::digits {

// The picture's size times `scale`, at least one pixel each way.
inline cv::Size scaled_size(const cv::Mat& picture, double scale) {
  return {std::max(1, static_cast<int>(std::lround(picture.cols * scale))),
          std::max(1, static_cast<int>(std::lround(picture.rows * scale)))};
}

}  // namespace vidi::digits
