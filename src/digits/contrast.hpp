#pragma once
// How much each place of a picture differs from the paper around it. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <optional>

namespace vidi::digits {

// Two maps of the picture's size, 8 bits a pixel: how far a pixel lies on either side of its background, along the
// direction of colour in which the picture differs most from its background. Of a grey picture: darker, and lighter.
// In the dark map a shadow is divided out: 255 is black on any paper.
struct Contrast {
  cv::Mat dark;
  cv::Mat light;
  double dark_noise = 0;  // standard deviation of the background's noise in each map, in its unit
  double light_noise = 0;
};

// The paper of a picture under uneven light: at each place what most of a wide neighbourhood looks like. `picture` has
// 1 or 3 channels, and so has the result.
cv::Mat estimate_background(const cv::Mat& picture);

// The two kinds of pixels of a picture that has two.
struct TwoTones {
  cv::Scalar dark;  // their mean colours
  cv::Scalar light;
  double dark_part = 0;  // of the pixels, 0 to 1
};

// Absent when the picture's grey values do not fall into two clear groups (Otsu, "A threshold selection method from
// gray-level histograms", 1979: the between-class variance says how clear).
std::optional<TwoTones> find_two_tones(const cv::Mat& picture);

// `background` has the picture's size and channels.
Contrast measure_contrast(const cv::Mat& picture, const cv::Mat& background);

}  // namespace vidi::digits
