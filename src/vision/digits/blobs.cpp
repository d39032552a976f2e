#include "digits/blobs.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace vidi::digits {
namespace {

Outline outline_of(const Blob& blob, const cv::Mat& labels) {
  const cv::Mat mask = labels(cv::Rect(blob.box.x, blob.box.y, blob.box.width, blob.box.height)) == blob.label;
  std::vector<Outline> outlines;
  cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  if (outlines.empty()) return {};
  return *std::ranges::max_element(outlines, {}, [](const Outline& each) { return cv::contourArea(each); });
}

double rectangularity_of(const Outline& outline) {
  if (outline.empty()) return 0;
  const double around = cv::minAreaRect(outline).size.area();
  return around > 0 ? cv::contourArea(outline) / around : 0;
}

void count_along_sides(Blobs& blobs) {
  for (const int x : {0, blobs.labels.cols - 1}) {
    std::vector<int> counts(blobs.blobs.size() + 1, 0);
    for (int y = 0; y < blobs.labels.rows; ++y) ++counts[static_cast<std::size_t>(blobs.labels.at<int>(y, x))];
    for (Blob& blob : blobs.blobs) {
      blob.along_side = std::max(blob.along_side, counts[static_cast<std::size_t>(blob.label)]);
    }
  }
}

// From the tone's mean slope at the pixels of the blob that have another neighbor.
void measure_edges(Blobs& blobs, const cv::Mat& tone) {
  struct Slope {
    double sum = 0;
    int count = 0;
  };
  std::vector<Slope> slopes(blobs.blobs.size() + 1);
  for (int y = 1; y + 1 < tone.rows; ++y) {
    const int* label = blobs.labels.ptr<int>(y);
    const int* above = blobs.labels.ptr<int>(y - 1);
    const int* below = blobs.labels.ptr<int>(y + 1);
    for (int x = 1; x + 1 < tone.cols; ++x) {
      const int own = label[x];
      if (own == 0 || (label[x - 1] == own && label[x + 1] == own && above[x] == own && below[x] == own)) continue;
      const int across = tone.at<std::uint8_t>(y, x + 1) - tone.at<std::uint8_t>(y, x - 1);
      const int down = tone.at<std::uint8_t>(y + 1, x) - tone.at<std::uint8_t>(y - 1, x);
      Slope& slope = slopes[static_cast<std::size_t>(own)];
      slope.sum += std::hypot(across, down) / 2;
      ++slope.count;
    }
  }
  for (Blob& blob : blobs.blobs) {
    const Slope& slope = slopes[static_cast<std::size_t>(blob.label)];
    if (slope.sum > 0) blob.edge = 255 * slope.count / slope.sum;
  }
}

}  // namespace

Blobs find_components(const cv::Mat& mask) {
  Blobs result;
  cv::Mat statistics;
  cv::Mat centers;
  const int count = cv::connectedComponentsWithStats(mask, result.labels, statistics, centers, 8, CV_32S);
  result.blobs.resize(static_cast<std::size_t>(std::max(0, count - 1)));
  for (int label = 1; label < count; ++label) {
    Blob& blob = result.blobs[static_cast<std::size_t>(label) - 1];
    const int* row = statistics.ptr<int>(label);
    blob.label = label;
    blob.box = {row[cv::CC_STAT_LEFT], row[cv::CC_STAT_TOP], row[cv::CC_STAT_WIDTH], row[cv::CC_STAT_HEIGHT]};
    blob.area = row[cv::CC_STAT_AREA];
  }
  return result;
}

void measure(Blobs& blobs, const Ink& ink, const cv::Mat& contrast) {
  cv::Mat distance;
  cv::distanceTransform(ink.mask, distance, cv::DIST_L2, 3);
  for (int y = 0; y < distance.rows; ++y) {
    const int* label = blobs.labels.ptr<int>(y);
    const float* depth = distance.ptr<float>(y);
    const std::uint8_t* value = contrast.ptr(y);
    for (int x = 0; x < distance.cols; ++x) {
      if (label[x] == 0) continue;
      Blob& blob = blobs.blobs[static_cast<std::size_t>(label[x]) - 1];
      blob.strength += value[x];
      blob.width = std::max(blob.width, 2.0 * depth[x] - 1.0);
    }
  }
  for (Blob& blob : blobs.blobs) {
    blob.strength /= blob.area;
    blob.at_edge =
        blob.box.x == 0 || blob.box.y == 0 || blob.box.right() == distance.cols || blob.box.bottom() == distance.rows;
  }
  count_along_sides(blobs);
  measure_edges(blobs, ink.tone);
}

bool come_near(const cv::Mat& mask_a, const cv::Mat& mask_b, double distance) {
  if (cv::countNonZero(mask_a) == 0 || cv::countNonZero(mask_b) == 0) return false;
  cv::Mat away;
  cv::distanceTransform(mask_a == 0, away, cv::DIST_L2, 3);
  double nearest = 0;
  cv::minMaxLoc(away, &nearest, nullptr, nullptr, nullptr, mask_b);
  return nearest <= distance;
}

double rectangularity(const Blob& blob, const cv::Mat& labels) { return rectangularity_of(outline_of(blob, labels)); }

bool has_four_sides(const Outline& outline) {
  if (outline.empty()) return false;
  Outline hull;
  cv::convexHull(outline, hull);
  constexpr double kConvex = 0.95;
  if (cv::contourArea(outline) < kConvex * cv::contourArea(hull)) return false;
  Outline corners;
  constexpr double kStraight = 0.03;  // of the way around
  cv::approxPolyDP(hull, corners, kStraight * cv::arcLength(hull, true), true);
  constexpr std::size_t kMostCorners = 6;  // a corner may be cut off
  constexpr double kAngular = 0.94;        // six corners of an ellipse span 0.83 of it
  return corners.size() >= 4 && corners.size() <= kMostCorners &&
         cv::contourArea(corners) > kAngular * cv::contourArea(hull);
}

bool is_panel(const Blob& blob, const cv::Mat& labels) {
  constexpr double kLeastPart = 0.1;
  const double area = static_cast<double>(blob.box.width) * blob.box.height;
  constexpr int kLeastSide = 24;
  if (std::min(blob.box.width, blob.box.height) < kLeastSide) return false;
  if (area < kLeastPart * static_cast<double>(labels.total()) || blob.area < 0.4 * area) return false;
  const Outline outline = outline_of(blob, labels);
  return rectangularity_of(outline) > kLeastRectangularity || has_four_sides(outline);
}

}  // namespace vidi::digits
