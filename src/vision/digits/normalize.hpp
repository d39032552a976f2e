#pragma once
// From the ink of one digit to MNIST's form. Internal to this module.

#include <opencv2/core/mat.hpp>

#include "digits/form.hpp"

namespace vidi::digits {

// `tone` holds the digit's ink, light on black, 128 at the edge of strokes, and nothing else; any size. A stroke
// much thinner or thicker than MNIST's is brought to its weight, a digit that leans over is set upright.
Form normalize(const cv::Mat& tone);

}  // namespace vidi::digits
