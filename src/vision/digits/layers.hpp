#pragma once
// The ways to tell ink from paper. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <vector>

#include "digits/ink.hpp"

namespace vidi::digits {

// The picture in which ink is looked for, and the part of it where there can be none; empty: there may be everywhere.
struct Scene {
  cv::Mat picture;  // 1 or 3 channels
  cv::Mat around;   // 255 where there is no ink
};

// One way, before the parts of the ink are looked at.
struct Layer {
  cv::Mat contrast;
  bool dark = true;  // ink is darker than paper
  Ink ink;
  double mass = 0;        // of the strokes, by their contrast squared: ink stands out more than light
  bool bordered = false;  // most of the picture's border is ink: hardly a picture on paper
};

// Those that may be of use, those on a flat background first. A drawing has one: what is paper is plain there.
std::vector<Layer> find_layers(const Scene& scene);

}  // namespace vidi::digits
