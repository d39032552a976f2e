#pragma once
// What digits are written on, and what a camera or scanner makes of it.

#include <opencv2/core/mat.hpp>

#include "core/random.hpp"

namespace vidi::samples {

// An empty sheet in an uneven light: three channels, 32-bit floats, 0 to 255. Often with lines, squares or the border
// of a table cell on it.
cv::Mat make_paper(cv::Size size, Random& random);

// Ink of one color onto the paper. `ink` is 0 to 255, of the paper's size.
void write_on(cv::Mat& paper, const cv::Mat& ink, Random& random);

// The picture of the paper: blur, noise, specks, light on dark at times, often a JPEG's dirt. One or three channels of
// 8 bits.
cv::Mat photograph(const cv::Mat& paper, Random& random);

// What is left of a gray or colored picture of 8 bits after it was a JPEG of that quality.
cv::Mat through_jpeg(const cv::Mat& picture, int quality);

}  // namespace vidi::samples
