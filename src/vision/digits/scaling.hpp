#pragma once
// Sizes that never become nothing. Internal to this module.

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace vidi::digits {

// The picture's size times `scale`, at least one pixel each way.
inline cv::Size scaled_size(const cv::Mat& picture, double scale) {
  return {std::max(1, static_cast<int>(std::lround(picture.cols * scale))),
          std::max(1, static_cast<int>(std::lround(picture.rows * scale)))};
}

// The picture, its longer side at most `side`.
inline cv::Mat reduced(const cv::Mat& picture, int side) {
  const int longer = std::max(picture.cols, picture.rows);
  if (longer <= side) return picture;
  cv::Mat result;
  const double scale = static_cast<double>(side) / longer;
  cv::resize(picture, result, scaled_size(picture, scale), 0, 0, cv::INTER_AREA);
  return result;
}

}  // namespace vidi::digits
