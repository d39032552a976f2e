#pragma once
// How much each place of a picture differs from the paper around it. Internal to this module.

#include <opencv2/core/mat.hpp>

#include "image/image.hpp"

namespace vidi::digits {

// Two maps of the picture's size, 8 bits a pixel: how far a pixel lies on either side of its background, along the
// direction of colour in which the picture differs most from its background. Of a grey picture: darker, and lighter.
// In the dark map a shadow is divided out: 255 is black on any paper.
struct Contrast {
  cv::Mat dark;
  cv::Mat light;
  double noise = 0;  // standard deviation of the background, in the maps' unit
};

// `picture` has 1 or 3 channels.
Contrast measure_contrast(const cv::Mat& picture);

}  // namespace vidi::digits
