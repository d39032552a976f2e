#pragma once
// Cutting characters that may be several digits that touch. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <vector>

#include "digits/lines.hpp"

namespace vidi::digits {

// A part of a character between two cuts: the ink of `mask`, whose top left corner is at `origin` in the picture.
struct Piece {
  cv::Mat mask;  // 255 where the piece has ink
  Box box;       // of that ink, in the picture
  int area = 0;
  std::size_t character = 0;  // of the row
};

// The pieces of a row from left to right. A character that is as narrow as a digit is one piece.
std::vector<Piece> cut_into_pieces(const Row& row, const cv::Mat& labels);

}  // namespace vidi::digits
