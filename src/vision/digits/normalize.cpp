#include "digits/normalize.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace vidi::digits {
namespace {

// The digit is worked on at this many times MNIST's size.
constexpr int kZoom = 4;
constexpr int kWorkSide = kZoom * kDigitSide;

// Stroke widths of MNIST's digits in its pixels: 95 % lie between these.
constexpr double kThinnest = 1.9;
constexpr double kThickest = 4.2;
constexpr double kUsual = 3.2;

// A digit that leans farther than this (tangent) is set up to it.
constexpr double kSteepest = 0.6;

cv::Rect ink_box(const cv::Mat& tone) {
  cv::Mat ink = tone >= 96;
  cv::Rect box = cv::boundingRect(ink);
  return box.empty() ? cv::Rect(0, 0, tone.cols, tone.rows) : box;
}

// The ink's box scaled so that its longer side is `side`.
cv::Mat fit(const cv::Mat& tone, int side) {
  const cv::Rect box = ink_box(tone);
  const double scale = static_cast<double>(side) / std::max(box.width, box.height);
  const cv::Size size(std::clamp(static_cast<int>(std::lround(box.width * scale)), 1, side),
                      std::clamp(static_cast<int>(std::lround(box.height * scale)), 1, side));
  cv::Mat result;
  cv::resize(tone(box), result, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return result;
}

cv::Mat with_margin(const cv::Mat& tone, int margin) {
  cv::Mat result;
  cv::copyMakeBorder(tone, result, margin, margin, margin, margin, cv::BORDER_CONSTANT, cv::Scalar(0));
  return result;
}

// Edges as sharp as those of MNIST, whatever the blur of the picture; what is above `level` is ink.
cv::Mat sharpened(const cv::Mat& tone, double level) {
  constexpr double kGain = 3;
  cv::Mat result;
  // At the highest levels the steepest edge that is left is steeper.
  const double gain = std::max(kGain, 127.0 / (255.0 - level));
  tone.convertTo(result, CV_8U, gain, 128 - gain * level);
  return result;
}

// The usual width of the stroke: over its middle line, twice the distance from the edge.
double stroke_width(const cv::Mat& tone) {
  cv::Mat distance;
  cv::distanceTransform(tone >= 128, distance, cv::DIST_L2, 3);
  cv::Mat widest;
  cv::dilate(distance, widest, cv::Mat());
  std::vector<float> widths;
  for (int y = 0; y < distance.rows; ++y) {
    const float* value = distance.ptr<float>(y);
    const float* peak = widest.ptr<float>(y);
    for (int x = 0; x < distance.cols; ++x) {
      if (value[x] > 0 && value[x] >= peak[x]) widths.push_back(2 * value[x] - 1);
    }
  }
  if (widths.empty()) return 0;
  const auto middle = widths.begin() + static_cast<std::ptrdiff_t>(widths.size() / 2);
  std::ranges::nth_element(widths, middle);
  return *middle;
}

int count_parts(const cv::Mat& tone) {
  cv::Mat labels;
  return cv::connectedComponents(tone >= 128, labels, 8, CV_16U);
}

// Blur makes strokes thick and fills loops: of a blurred digit only its darkest part is the stroke, as long as that
// holds together.
cv::Mat sharpen(const cv::Mat& tone) {
  constexpr double kThreshold = 128;
  constexpr double kStep = 24;
  constexpr double kHighest = 224;
  cv::Mat best = sharpened(tone, kThreshold);
  const int parts = count_parts(best);
  for (double level = kThreshold + kStep; level <= kHighest && stroke_width(best) > kUsual * kZoom; level += kStep) {
    cv::Mat higher = sharpened(tone, level);
    if (count_parts(higher) != parts) break;
    best = std::move(higher);
  }
  return best;
}

cv::Mat round_brush(int radius) {
  return cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * radius + 1, 2 * radius + 1});
}

void weigh_stroke(cv::Mat& tone) {
  const double width = stroke_width(tone) / kZoom;
  if (width > 0 && width < kThinnest) {
    const int radius = static_cast<int>(std::lround((kThinnest - width) * kZoom / 2));
    if (radius > 0) cv::dilate(tone, tone, round_brush(radius));
  } else if (width > kThickest) {
    const int radius = static_cast<int>(std::lround((width - kThickest) * kZoom / 2));
    if (radius > 0) cv::erode(tone, tone, round_brush(radius));
  }
}

// The ink's mean slope away from upright: by how much x changes with y (second moments).
double lean_of(const cv::Moments& moments) { return moments.mu02 < 1e-6 ? 0 : moments.mu11 / moments.mu02; }

cv::Mat set_upright(const cv::Mat& tone) {
  const cv::Moments moments = cv::moments(tone);
  const double lean = lean_of(moments);
  if (std::abs(lean) <= kSteepest || tone.cols > tone.rows) return tone;
  const double shear = lean - std::copysign(kSteepest, lean);
  const int margin = static_cast<int>(std::ceil(std::abs(shear) * tone.rows));
  const cv::Mat wide = with_margin(tone, margin);
  const double middle = wide.rows / 2.0;
  const cv::Matx23d map(1, shear, -shear * middle, 0, 1, 0);  // from the result's places to the source's
  cv::Mat result;
  cv::warpAffine(wide, result, map, wide.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP);
  return result;
}

Form place(const cv::Mat& digit) {
  const cv::Moments moments = cv::moments(digit);
  const double x = moments.m00 > 0 ? moments.m10 / moments.m00 : digit.cols / 2.0;
  const double y = moments.m00 > 0 ? moments.m01 / moments.m00 : digit.rows / 2.0;
  const int left = std::clamp(static_cast<int>(std::lround(14 - x)), 0, kFormSide - digit.cols);
  const int top = std::clamp(static_cast<int>(std::lround(14 - y)), 0, kFormSide - digit.rows);
  Form form{};
  for (int row = 0; row < digit.rows; ++row) {
    std::copy_n(digit.ptr(row), digit.cols, form.begin() + static_cast<std::ptrdiff_t>(top + row) * kFormSide + left);
  }
  return form;
}

}  // namespace

Form normalize(const cv::Mat& tone) {
  constexpr int kMargin = 4 * kZoom;
  cv::Mat digit = with_margin(fit(set_upright(tone), kWorkSide), kMargin);
  digit = sharpen(digit);
  weigh_stroke(digit);
  return place(fit(digit, kDigitSide));
}

}  // namespace vidi::digits
