#pragma once
// The ways in which a picture may be parted into ink and paper. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <vector>

#include "digits/blobs.hpp"
#include "digits/ink.hpp"

namespace vidi::digits {

struct View {
  cv::Point origin;       // in the picture: a view may be one of a part of it
  bool bordered = false;  // most of the picture's border is ink: hardly a picture on paper
  std::size_t layer = 0;  // of two that agree the earlier one is better
  Ink ink;
  Blobs blobs;             // of the ink without ruled lines
  std::vector<Blob> kept;  // those that may be digits; not empty
};

// Dark ink or light ink, on paper under uneven light or on a flat background: the likeliest first, and others only
// when they are nearly as likely. Empty: nothing stands out. `picture` has 1 or 3 channels.
std::vector<View> find_views(const cv::Mat& picture);

}  // namespace vidi::digits
