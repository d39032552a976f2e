#pragma once
// Digits written with a pen as people write them, in ways that MNIST's Americans do not: a seven with a bar, a one with
// a long flag and a foot, an open four. And what a pen draws that is no digit.

#include <opencv2/core/mat.hpp>

#include "core/random.hpp"

namespace vidi::samples {

// A pen's drawing: one channel, ink 255 on 0, no margin, about `height` pixels high.
cv::Mat draw_digit(std::uint8_t digit, double height, Random& random);

// Lines, ticks, crosses, waves, scribbles, blobs: nothing that a person takes for a digit.
cv::Mat draw_doodle(double height, Random& random);

}  // namespace vidi::samples
