#pragma once
// Blobs to characters, characters to lines of writing. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <vector>

#include "digits/blobs.hpp"

namespace vidi::digits {

// Blobs that stand above one another or are parts of one broken stroke. Usually one.
struct Character {
  std::vector<Blob> parts;
  Box box;
  int area = 0;
};

using Row = std::vector<Character>;  // from left to right

// Rows from top to bottom. A row may climb or fall. `labels` are those of the blobs.
std::vector<Row> arrange(const std::vector<Blob>& blobs, const cv::Mat& labels);

// How wide the stroke of its largest part is, in pixels.
double stroke_of(const Character& character);

Box united(const Box& a, const Box& b);

}  // namespace vidi::digits
