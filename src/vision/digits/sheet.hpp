#pragma once
// A sheet of paper, a card or a screen that lies on something else. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <optional>

namespace vidi::digits {

struct Sheet {
  cv::Rect box;     // in the picture
  cv::Mat picture;  // of the box, with the sheet's color all around the sheet
  cv::Mat around;   // of the box: 255 outside of the sheet and on its rim, else 0
};

// The largest part of the picture that is lighter than the rest, or darker, and has four sides, seen from any angle.
// Absent when there is none, or it fills the picture. `picture` has 1 or 3 channels.
std::optional<Sheet> find_sheet(const cv::Mat& picture);

}  // namespace vidi::digits
