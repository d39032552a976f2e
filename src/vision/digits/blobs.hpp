#pragma once
// Connected parts of the ink. Internal to this module.

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "digits/form.hpp"
#include "digits/ink.hpp"

namespace vidi::digits {

struct Blob {
  int label = 0;  // its value in Blobs::labels
  Box box;
  int area = 0;         // pixels of ink
  double strength = 0;  // mean contrast
  double width = 0;     // of its stroke, in pixels: twice the greatest distance from the edge
  double edge = 0;      // how many pixels the tone takes from nothing to full at its edge
  bool at_edge = false;
  int along_side = 0;  // its pixels in the picture's first or last column, whichever are more
};

struct Blobs {
  cv::Mat labels;  // 32-bit; 0 is paper
  std::vector<Blob> blobs;
};

// Every connected part of a mask, diagonal neighbors included; only where they are.
Blobs find_components(const cv::Mat& mask);

// Adds what of the blobs is not known from where they are. `ink` is where they were found, `contrast` the map that it
// comes from.
void measure(Blobs& blobs, const Ink& ink, const cv::Mat& contrast);

// Whether ink of one mask lies within so many pixels of ink of the other. Both are of one place.
bool come_near(const cv::Mat& mask_a, const cv::Mat& mask_b, double distance);

// The part of the rectangle around the blob, turned as fits best, that the blob's outline encloses; 1: the outline is a
// rectangle. `labels` are those of its Blobs.
double rectangularity(const Blob& blob, const cv::Mat& labels);

// From here on an outline is a rectangle's: a 0 as round as a plate fills 0.79 of its own.
constexpr double kLeastRectangularity = 0.92;

using Outline = std::vector<cv::Point>;

// Whether what the outline encloses is convex and has four sides, or nearly: a sheet of paper seen from any angle.
bool has_four_sides(const Outline& outline);

// Whether the blob is a filled rectangle, seen from any side, large enough for a digit to stand in it.
bool is_panel(const Blob& blob, const cv::Mat& labels);

}  // namespace vidi::digits
