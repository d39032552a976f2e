#pragma once
// How much each place of a picture differs from the paper around it. Internal to this module.

#include <opencv2/core/mat.hpp>
#include <optional>

namespace vidi::digits {

// A picture in gray values such that ink and paper differ most.
struct Tones {
  cv::Mat gray;
  cv::Mat paper;         // small; empty when it was not needed to find them
  bool is_light = true;  // whether a greater value is more light: else shadows cannot be told from ink
};

// `picture` has 1 or 3 channels. Of a colored one the gray is not its brightness but the direction of color in which
// it lies farthest from its background (first principal component): red ink on green paper is as plain as black on
// white.
Tones find_tones(const cv::Mat& picture);

// The paper under uneven light, of the tones' size: at each place what most of a wide neighborhood looks like.
cv::Mat find_wide_background(const Tones& tones);

// A background that follows every shadow: what is left of the picture when strokes narrower than a tenth of its shorter
// side are filled up, dark ones or light ones (gray-scale closing or opening).
cv::Mat find_near_background(const cv::Mat& gray, bool dark_strokes);

// The two kinds of pixels of a picture that has two.
struct TwoTones {
  double dark = 0;  // their mean gray values
  double light = 0;
  double dark_part = 0;  // of the pixels, 0 to 1
  bool flat = false;     // there are hardly any values but these two: a drawing, not a photo
};

// Absent when the gray values do not fall into two clear groups (Otsu, "A threshold selection method from gray-level
// histograms", 1979: the between-class variance says how clear).
std::optional<TwoTones> find_two_tones(const cv::Mat& gray);

// The one value of the paper around a drawing, blurred or not.
struct FlatPaper {
  double gray = 0;
  bool is_light = true;  // lighter than all that is on it; else darker
};

// Absent unless most of the border, and much of the picture, has one value and nothing lies beyond it.
std::optional<FlatPaper> find_flat_paper(const cv::Mat& gray);

// How far each pixel lies on either side of its background, 8 bits a pixel.
struct Contrast {
  cv::Mat dark;  // in the unit of the background: 255 is black, in the shadow too
  cv::Mat light;
};

// `background` has the size of `tones.gray`.
Contrast measure_contrast(const Tones& tones, const cv::Mat& background);

// Standard deviation of the background's noise in each map, in its unit.
struct Noise {
  double dark = 0;
  double light = 0;
};
Noise measure_noise(const Contrast& contrast);

}  // namespace vidi::digits
