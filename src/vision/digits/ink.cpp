#include "digits/ink.hpp"

#include <algorithm>
#include <cstdint>
#include <opencv2/imgproc.hpp>

#include "digits/histogram.hpp"

namespace vidi::digits {
namespace {

// Contrast below this, of 255, is paper grain or compression, however smooth the picture.
constexpr double kLeastContrast = 14;
constexpr double kNoiseFactor = 4.5;

// The threshold as a part of the neighborhood's strongest contrast, and of the picture's.
constexpr double kLocalPart = 0.42;
constexpr double kGlobalPart = 0.18;

// The neighborhood reaches so far, as a part of the longer side.
constexpr double kReach = 0.045;

// The contrast that the strongest fifth of what lies above `least` has.
double strength_above(const cv::Mat& contrast, double least) {
  Histogram histogram = histogram_of(contrast);
  std::fill_n(histogram.begin(), std::min(histogram.size(), static_cast<std::size_t>(least) + 1), std::size_t{0});
  return quantile(histogram, 0.8);
}

// The strongest contrast around each place, at the size of `contrast`.
cv::Mat strongest_nearby(const cv::Mat& contrast) {
  const int longer = std::max(contrast.cols, contrast.rows);
  const int block = std::max(1, longer / 100);
  cv::Mat smooth;
  cv::blur(contrast, smooth, {3, 3});
  cv::Mat blocks(cv::Size((contrast.cols + block - 1) / block, (contrast.rows + block - 1) / block), CV_8UC1,
                 cv::Scalar(0));
  for (int y = 0; y < smooth.rows; ++y) {
    const std::uint8_t* row = smooth.ptr(y);
    std::uint8_t* target = blocks.ptr(y / block);
    for (int x = 0; x < smooth.cols; ++x) target[x / block] = std::max(target[x / block], row[x]);
  }
  const int reach = std::max(1, static_cast<int>(kReach * longer / block));
  cv::dilate(blocks, blocks, cv::getStructuringElement(cv::MORPH_RECT, {2 * reach + 1, 2 * reach + 1}));
  cv::blur(blocks, blocks, {reach, reach});
  cv::Mat result;
  cv::resize(blocks, result, contrast.size(), 0, 0, cv::INTER_LINEAR);
  return result;
}

}  // namespace

Ink extract_ink(const cv::Mat& contrast, double noise) {
  const double least = std::max(kLeastContrast, kNoiseFactor * noise);
  Ink ink;
  ink.strength = strength_above(contrast, least);
  if (ink.strength == 0) {
    ink.mask = cv::Mat(contrast.size(), CV_8UC1, cv::Scalar(0));
    ink.faint = ink.mask;
    ink.tone = ink.mask;
    return ink;
  }

  const double floor = std::max(least, kGlobalPart * ink.strength);
  cv::Mat thresholds(1, 256, CV_8UC1);
  for (int value = 0; value < 256; ++value) {
    thresholds.at<std::uint8_t>(value) =
        static_cast<std::uint8_t>(std::min(254.0, std::max(floor, kLocalPart * value)));
  }
  cv::Mat level;
  cv::LUT(strongest_nearby(contrast), thresholds, level);
  constexpr double kToneAtThreshold = 128;
  ink.mask = contrast > level;
  ink.faint = contrast > thresholds.at<std::uint8_t>(0);
  cv::divide(contrast, level, ink.tone, kToneAtThreshold);
  return ink;
}

}  // namespace vidi::digits
