#pragma once
// Telling ink from paper. Internal to this module.

#include <opencv2/core/mat.hpp>

namespace vidi::digits {

// Ink of a picture. `mask` is 255 where there is ink, else 0; `faint` is so also where something weaker stands out from
// the paper, such as the thin lines of a form beside a thick pen. `tone` says how sure that is at the edges of strokes:
// 128 at the threshold, 255 for the middle of a stroke. `strength` is the contrast of the picture's ink as a whole.
struct Ink {
  cv::Mat mask;
  cv::Mat faint;
  cv::Mat tone;
  double strength = 0;
};

// From one of the maps of contrast.hpp. The threshold follows the strongest contrast in the neighborhood, so that
// faint pencil and black marker both keep the width of their strokes. The mask is empty where nothing stands out.
Ink extract_ink(const cv::Mat& contrast, double noise);

}  // namespace vidi::digits
