#include "samples/strokes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <span>
#include <vector>

namespace vidi::samples {
namespace {

// Points of a stroke in a unit square, x to the right and y down; a curve goes through them, with a corner where a
// point stands twice.
using Stroke = std::vector<cv::Point2d>;
using Drawing = std::vector<Stroke>;

const std::vector<Drawing>& shapes_of(std::uint8_t digit) {
  static const std::array<std::vector<Drawing>, 10> shapes{{
      {
          {{{0.5, 0}, {0.15, 0.25}, {0.1, 0.65}, {0.45, 1}, {0.85, 0.7}, {0.85, 0.3}, {0.5, 0}}},
          {{{0.65, 0.05}, {0.2, 0.15}, {0.08, 0.6}, {0.4, 1}, {0.85, 0.75}, {0.88, 0.25}, {0.55, 0.02}, {0.4, 0.1}}},
          {{{0.5, 0}, {0.05, 0.3}, {0.05, 0.7}, {0.5, 1}, {0.95, 0.7}, {0.95, 0.3}, {0.5, 0}}},
          {{{0.5, 0}, {0.1, 0.25}, {0.1, 0.75}, {0.5, 1}, {0.9, 0.75}, {0.9, 0.25}, {0.5, 0}},
           {{0.85, 0.1}, {0.15, 0.9}}},
          {{{0.62, 0.08}, {0.3, 0.05}, {0.08, 0.5}, {0.4, 1}, {0.9, 0.6}, {0.7, 0.1}, {0.45, 0.0}}},
          {{{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 0}}},
      },
      {
          {{{0.5, 0}, {0.5, 1}}},
          {{{0.55, 0}, {0.45, 1}}},
          {{{0.25, 0.2}, {0.5, 0}, {0.5, 0}, {0.5, 1}}},
          {{{0.1, 0.45}, {0.5, 0}, {0.5, 0}, {0.5, 1}}},
          {{{0.0, 0.5}, {0.55, 0}, {0.55, 0}, {0.5, 1}}},
          {{{0.2, 0.25}, {0.5, 0}, {0.5, 0}, {0.5, 1}}, {{0.2, 1}, {0.8, 1}}},
          {{{0.1, 0.35}, {0.5, 0}, {0.5, 0}, {0.5, 1}}, {{0.15, 1}, {0.85, 1}}},
          {{{0.0, 0.4}, {0.75, 0}, {0.75, 0}, {0.75, 1}}},
          {{{0.0, 0.62}, {0.7, 0}, {0.7, 0}, {0.65, 1}}},
          {{{0.0, 0.35}, {0.4, 0.25}, {0.6, 0}, {0.6, 0}, {0.6, 1}}},
          {{{0.0, 0.4}, {0.55, 0}, {0.55, 0}, {0.55, 1}}, {{0.0, 1}, {1, 1}}},
          {{{0.0, 0.2}, {0.5, 0}, {0.5, 0}, {0.5, 1}, {0.5, 1}, {1, 1}}},
          {{{0.5, 0}, {0.5, 1}}, {{0.1, 1}, {0.9, 1}}},
      },
      {
          {{{0.1, 0.25}, {0.35, 0.02}, {0.75, 0.08}, {0.8, 0.35}, {0.5, 0.68}, {0.05, 1}, {0.05, 1}, {0.95, 1}}},
          {{{0.1, 0.2},
            {0.45, 0},
            {0.85, 0.2},
            {0.65, 0.6},
            {0.2, 0.95},
            {0.02, 0.9},
            {0.2, 0.78},
            {0.5, 0.92},
            {0.95, 0.97}}},
          {{{0.15, 0.15}, {0.5, 0}, {0.85, 0.2}, {0.75, 0.5}, {0.1, 1}, {0.1, 1}, {0.5, 0.93}, {0.9, 1}}},
          {{{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 0.5}, {1, 0.5}, {0, 0.5}, {0, 0.5}, {0, 1}, {0, 1}, {1, 1}}},
          {{{0.05, 0.3}, {0.3, 0}, {0.75, 0.05}, {0.85, 0.3}, {0.05, 1}, {0.05, 1}, {0.95, 1}}},
          {{{0.15, 0.05}, {0.6, 0.02}, {0.8, 0.3}, {0.55, 0.7}, {0.2, 0.98}, {0.05, 0.85}, {0.3, 0.8}, {0.95, 1}}},
      },
      {
          {{{0.1, 0.12},
            {0.5, 0},
            {0.82, 0.2},
            {0.65, 0.42},
            {0.35, 0.48},
            {0.35, 0.48},
            {0.75, 0.56},
            {0.88, 0.78},
            {0.5, 1},
            {0.08, 0.87}}},
          {{{0.1, 0},
            {0.1, 0},
            {0.85, 0},
            {0.85, 0},
            {0.4, 0.4},
            {0.4, 0.4},
            {0.8, 0.52},
            {0.85, 0.8},
            {0.5, 1},
            {0.08, 0.88}}},
          {{{0.15, 0.1}, {0.55, 0}, {0.8, 0.2}, {0.4, 0.5}, {0.4, 0.5}, {0.9, 0.7}, {0.6, 1}, {0.1, 0.9}}},
          {{{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}, {0, 1}}, {{0.1, 0.5}, {1, 0.5}}},
          {{{0.05, 0.05},
            {0.7, 0.0},
            {0.85, 0.25},
            {0.55, 0.45},
            {0.2, 0.45},
            {0.6, 0.47},
            {0.95, 0.7},
            {0.5, 1},
            {0, 0.95}}},
          {{{0.1, 0.1}, {0.5, 0}, {0.7, 0.2}, {0.5, 0.4}, {0.4, 0.45}, {0.7, 0.5}, {0.8, 0.75}, {0.5, 1}, {0.05, 1}}},
      },
      {
          {{{0.2, 0}, {0.08, 0.6}, {0.08, 0.6}, {0.95, 0.6}}, {{0.7, 0.15}, {0.65, 1}}},
          {{{0.65, 0}, {0.05, 0.68}, {0.05, 0.68}, {0.95, 0.68}}, {{0.65, 0}, {0.65, 1}}},
          {{{0.1, 0}, {0.1, 0.4}, {0.3, 0.55}, {0.8, 0.48}}, {{0.82, 0}, {0.8, 0.5}, {0.75, 1}}},
          {{{0.5, 0}, {0.05, 0.55}, {0.05, 0.55}, {0.9, 0.5}}, {{0.6, 0.3}, {0.5, 1}}},
          {{{0.3, 0}, {0.1, 0.5}, {0.1, 0.5}, {0.9, 0.55}}, {{0.85, 0}, {0.6, 1}}},
          {{{0, 0}, {0, 0.5}, {0, 0.5}, {1, 0.5}}, {{1, 0}, {1, 1}}},
          {{{0.7, 0}, {0.0, 0.72}, {0.0, 0.72}, {1, 0.72}}, {{0.7, 0.0}, {0.7, 1}}},
          {{{0.35, 0}, {0.05, 0.65}, {0.05, 0.65}, {0.95, 0.62}}, {{0.6, 0.4}, {0.55, 1}}},
          {{{0.15, 0.05}, {0.1, 0.45}, {0.5, 0.55}, {0.85, 0.4}, {0.85, 0}, {0.85, 0}, {0.8, 1}}},
      },
      {
          {{{0.85, 0},
            {0.2, 0},
            {0.2, 0},
            {0.12, 0.45},
            {0.12, 0.45},
            {0.5, 0.36},
            {0.88, 0.62},
            {0.6, 0.97},
            {0.08, 0.9}}},
          {{{0.25, 0.02}, {0.2, 0.42}, {0.55, 0.4}, {0.85, 0.7}, {0.5, 1}, {0.1, 0.9}}, {{0.25, 0.02}, {0.9, 0.0}}},
          {{{0.9, 0.03},
            {0.25, 0},
            {0.25, 0},
            {0.18, 0.4},
            {0.18, 0.4},
            {0.75, 0.45},
            {0.8, 0.85},
            {0.45, 1},
            {0.1, 0.85}}},
          {{{1, 0}, {1, 0}, {0, 0}, {0, 0}, {0, 0.5}, {0, 0.5}, {1, 0.5}, {1, 0.5}, {1, 1}, {1, 1}, {0, 1}}},
          {{{0.9, 0.05}, {0.3, 0.05}, {0.15, 0.4}, {0.65, 0.5}, {0.8, 0.8}, {0.4, 1}, {0.05, 0.95}}},
          {{{0.2, 0.05}, {0.18, 0.45}, {0.18, 0.45}, {0.6, 0.38}, {0.9, 0.65}, {0.6, 0.98}, {0.05, 0.95}},
           {{0.2, 0.0}, {0.95, 0.04}}},
      },
      {
          {{{0.75, 0.02}, {0.3, 0.35}, {0.1, 0.75}, {0.45, 1}, {0.85, 0.75}, {0.5, 0.52}, {0.15, 0.72}}},
          {{{0.55, 0}, {0.2, 0.4}, {0.12, 0.8}, {0.5, 1}, {0.85, 0.8}, {0.6, 0.58}, {0.2, 0.75}}},
          {{{0.85, 0.1}, {0.5, 0}, {0.12, 0.4}, {0.15, 0.85}, {0.55, 1}, {0.88, 0.75}, {0.5, 0.5}, {0.15, 0.65}}},
          {{{0.2, 0}, {0.12, 0.75}, {0.45, 1}, {0.85, 0.8}, {0.6, 0.55}, {0.15, 0.7}}},
          {{{0.9, 0}, {0.3, 0.3}, {0.05, 0.75}, {0.4, 1}, {0.75, 0.85}, {0.55, 0.6}, {0.1, 0.8}}},
          {{{1, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 1}, {1, 1}, {1, 1}, {1, 0.5}, {1, 0.5}, {0, 0.5}}},
          {{{0.6, 0}, {0.1, 0.5}, {0.1, 0.75}, {0.5, 1}, {0.95, 0.7}, {0.5, 0.4}, {0.1, 0.65}}},
      },
      {
          {{{0.05, 0.02}, {0.9, 0.02}, {0.9, 0.02}, {0.4, 1}}},
          {{{0.05, 0.02}, {0.9, 0.02}, {0.9, 0.02}, {0.4, 1}}, {{0.3, 0.5}, {0.85, 0.5}}},
          {{{0.05, 0.15}, {0.08, 0.02}, {0.08, 0.02}, {0.95, 0}, {0.95, 0}, {0.55, 0.5}, {0.45, 1}}},
          {{{0.05, 0.18}, {0.08, 0.02}, {0.08, 0.02}, {0.9, 0.05}, {0.9, 0.05}, {0.4, 1}}, {{0.25, 0.55}, {0.8, 0.48}}},
          {{{0, 0.08}, {0.4, 0}, {0.9, 0.06}, {0.9, 0.06}, {0.6, 0.5}, {0.5, 1}}},
          {{{0, 0.12}, {0.05, 0}, {0.05, 0}, {0.95, 0}, {0.95, 0}, {0.5, 1}}, {{0.3, 0.55}, {1, 0.5}}},
          {{{0, 0.1}, {0.3, 0.02}, {0.6, 0.1}, {0.95, 0}, {0.95, 0}, {0.55, 0.5}, {0.45, 1}}, {{0.2, 0.5}, {0.9, 0.5}}},
          {{{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 1}}},
          {{{0, 0.2}, {0.1, 0}, {0.1, 0}, {0.9, 0}, {0.9, 0}, {0.75, 0.4}, {0.7, 1}}},
      },
      {
          {{{0.8, 0.15},
            {0.5, 0},
            {0.2, 0.2},
            {0.5, 0.47},
            {0.87, 0.75},
            {0.5, 1},
            {0.12, 0.77},
            {0.5, 0.47},
            {0.8, 0.22},
            {0.72, 0.06}}},
          {{{0.5, 0}, {0.2, 0.22}, {0.5, 0.46}, {0.8, 0.22}, {0.5, 0}},
           {{0.5, 0.46}, {0.12, 0.74}, {0.5, 1}, {0.88, 0.74}, {0.5, 0.46}}},
          {{{0.85, 0.1}, {0.4, 0.02}, {0.25, 0.25}, {0.8, 0.7}, {0.5, 1}, {0.15, 0.8}, {0.55, 0.45}, {0.9, 0.05}}},
          {{{0.9, 0.05},
            {0.3, 0.0},
            {0.15, 0.25},
            {0.8, 0.65},
            {0.75, 0.95},
            {0.25, 0.98},
            {0.1, 0.7},
            {0.75, 0.3},
            {0.85, 0.1}}},
          {{{0.1, 0}, {0.1, 0}, {0.9, 0}, {0.9, 0}, {0.1, 1}, {0.1, 1}, {0.9, 1}, {0.9, 1}, {0.1, 0}}},
          {{{0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}, {0, 1}, {0, 1}, {0, 0}}, {{0, 0.5}, {1, 0.5}}},
          {{{0.5, 0.5},
            {0.25, 0.25},
            {0.5, 0},
            {0.75, 0.25},
            {0.5, 0.5},
            {0.05, 0.8},
            {0.5, 1},
            {0.95, 0.8},
            {0.5, 0.5}}},
      },
      {
          {{{0.85, 0.28}, {0.5, 0}, {0.12, 0.28}, {0.45, 0.52}, {0.85, 0.25}, {0.85, 0.25}, {0.8, 1}}},
          {{{0.85, 0.25}, {0.5, 0}, {0.12, 0.28}, {0.45, 0.55}, {0.83, 0.3}, {0.85, 0.6}, {0.6, 0.97}, {0.15, 0.93}}},
          {{{0.8, 0.15}, {0.4, 0}, {0.12, 0.3}, {0.45, 0.5}, {0.8, 0.2}, {0.8, 0.2}, {0.7, 0.6}, {0.45, 1}}},
          {{{0.85, 0.2}, {0.4, 0}, {0.08, 0.28}, {0.4, 0.55}, {0.8, 0.35}, {0.85, 0}, {0.85, 0}, {0.85, 1}}},
          {{{0.8, 0.1},
            {0.3, 0.05},
            {0.1, 0.35},
            {0.5, 0.5},
            {0.85, 0.15},
            {0.9, 0.6},
            {0.65, 1},
            {0.1, 0.95},
            {0.05, 0.8}}},
          {{{1, 0.5}, {0, 0.5}, {0, 0.5}, {0, 0}, {0, 0}, {1, 0}, {1, 0}, {1, 1}, {1, 1}, {0, 1}}},
          {{{0.6, 0.05}, {0.2, 0.1}, {0.15, 0.4}, {0.6, 0.4}, {0.65, 0.1}, {0.65, 0.1}, {0.75, 0.5}, {0.95, 1}}},
      },
  }};
  return shapes[digit];
}

const std::vector<Drawing>& doodles() {
  static const std::vector<Drawing> doodle_shapes{
      {{{0, 0.5}, {1, 0.5}}},
      {{{0, 0.3}, {1, 0.7}}},
      {{{0.05, 0}, {0.95, 1}}, {{0.95, 0}, {0.05, 1}}},
      {{{0.5, 0}, {0.5, 1}}, {{0, 0.5}, {1, 0.5}}},
      {{{0, 0.6}, {0.35, 1}, {0.35, 1}, {1, 0}}},
      {{{0, 0.4}, {0.2, 0.9}, {0.2, 0.9}, {1, 0.1}}},
      {{{0, 0}, {0, 1}, {0, 1}, {1, 1}}},
      {{{0, 0}, {1, 0}}, {{0, 0}, {0, 1}}},
      {{{1, 0}, {1, 1}, {1, 1}, {0, 1}}},
      {{{0, 1}, {0.5, 0}, {0.5, 0}, {1, 1}}},
      {{{0, 0}, {0.5, 1}, {0.5, 1}, {1, 0}}},
      {{{0, 0.3}, {1, 0.3}}, {{0, 0.7}, {1, 0.7}}},
      {{{0.3, 0}, {0.3, 1}}, {{0.7, 0}, {0.7, 1}}},
      {{{0, 0.5}, {0.25, 0.1}, {0.5, 0.5}, {0.75, 0.9}, {1, 0.5}}},
      {{{0, 1}, {0.2, 0}, {0.2, 0}, {0.4, 1}, {0.4, 1}, {0.6, 0}, {0.6, 0}, {0.8, 1}, {0.8, 1}, {1, 0}}},
      {{{0, 0.5}, {1, 0.5}}, {{0.65, 0.2}, {1, 0.5}, {1, 0.5}, {0.65, 0.8}}},
      {{{0.5, 0}, {0.1, 1}, {0.1, 1}, {0.9, 1}, {0.9, 1}, {0.5, 0}}},
      {{{0.5, 0}, {0.5, 1}}, {{0.05, 0.25}, {0.95, 0.75}}, {{0.95, 0.25}, {0.05, 0.75}}},
      {{{0.5, 0.5},
        {0.6, 0.4},
        {0.4, 0.35},
        {0.3, 0.6},
        {0.6, 0.75},
        {0.8, 0.4},
        {0.4, 0.1},
        {0.05, 0.6},
        {0.5, 1},
        {1, 0.6}}},
      {{{0.3, 0}, {0.2, 1}}, {{0.7, 0}, {0.6, 1}}, {{0, 0.3}, {1, 0.3}}, {{0, 0.7}, {1, 0.7}}},
      {{{0, 0}, {0.1, 0.8}, {0.5, 1}, {0.9, 0.8}, {1, 0}}},
      {{{0.1, 0.2}, {0.8, 0.2}}, {{0.1, 0.5}, {0.9, 0.5}}, {{0.1, 0.8}, {0.7, 0.8}}},
      {{{0.3, 0}, {0.3, 1}}, {{0.3, 0.5}, {0.9, 0.05}}, {{0.3, 0.5}, {0.9, 0.95}}},
      {{{0.1, 0}, {0.1, 1}}, {{0.9, 0}, {0.9, 1}}, {{0.1, 0.5}, {0.9, 0.5}}},
      // Faces, a star, a heart, a house, a flower.
      {{{0.5, 0}, {0.05, 0.3}, {0.08, 0.75}, {0.5, 1}, {0.92, 0.75}, {0.95, 0.3}, {0.5, 0}},
       {{0.3, 0.38}, {0.34, 0.38}},
       {{0.66, 0.38}, {0.7, 0.38}},
       {{0.28, 0.68}, {0.5, 0.8}, {0.72, 0.68}}},
      {{{0.5, 0}, {0.1, 0.25}, {0.15, 0.75}, {0.5, 1}, {0.85, 0.75}, {0.9, 0.25}, {0.5, 0}},
       {{0.28, 0.35}, {0.42, 0.35}},
       {{0.58, 0.35}, {0.72, 0.35}},
       {{0.5, 0.4}, {0.46, 0.6}, {0.54, 0.6}},
       {{0.35, 0.78}, {0.65, 0.78}}},
      {{{0.2, 1}, {0.5, 0}, {0.5, 0}, {0.8, 1}, {0.8, 1}, {0, 0.38}, {0, 0.38}, {1, 0.38}, {1, 0.38}, {0.2, 1}}},
      {{{0.5, 1}, {0.02, 0.4}, {0.2, 0.02}, {0.5, 0.3}, {0.5, 0.3}, {0.8, 0.02}, {0.98, 0.4}, {0.5, 1}}},
      {{{0, 0.45},
        {0.5, 0},
        {0.5, 0},
        {1, 0.45},
        {1, 0.45},
        {1, 1},
        {1, 1},
        {0, 1},
        {0, 1},
        {0, 0.45},
        {0, 0.45},
        {1, 0.45}}},
      {{{0.5, 0.4},
        {0.3, 0},
        {0.7, 0},
        {0.5, 0.4},
        {1, 0.25},
        {0.95, 0.65},
        {0.5, 0.4},
        {0.7, 0.95},
        {0.35, 0.95},
        {0.5, 0.4},
        {0, 0.6},
        {0.05, 0.2},
        {0.5, 0.4}}},
  };
  return doodle_shapes;
}

// Catmull and Rom 1974, eight parts between two points.
std::vector<cv::Point2d> curve_through(const Stroke& points) {
  if (points.size() < 3) return points;
  constexpr int kParts = 8;
  std::vector<cv::Point2d> curve;
  const auto at = [&](std::ptrdiff_t i) {
    return points[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(i, 0, std::ssize(points) - 1))];
  };
  for (std::ptrdiff_t i = 0; i + 1 < std::ssize(points); ++i) {
    const bool corner_before = at(i) == at(i - 1);
    const bool corner_after = at(i + 1) == at(i + 2);
    const cv::Point2d in = corner_before ? (at(i + 1) - at(i)) * 0.5 : (at(i + 1) - at(i - 1)) * 0.5;
    const cv::Point2d out = corner_after ? (at(i + 1) - at(i)) * 0.5 : (at(i + 2) - at(i)) * 0.5;
    for (int part = 0; part < kParts; ++part) {
      const double t = static_cast<double>(part) / kParts;
      const double t2 = t * t;
      const double t3 = t2 * t;
      curve.push_back(at(i) * (2 * t3 - 3 * t2 + 1) + in * (t3 - 2 * t2 + t) + at(i + 1) * (3 * t2 - 2 * t3) +
                      out * (t3 - t2));
    }
  }
  curve.push_back(points.back());
  return curve;
}

// A hand's unsteadiness; a corner stays one.
void jitter(Drawing& drawing, double amount, Random& random) {
  for (Stroke& stroke : drawing) {
    for (std::size_t i = 0; i < stroke.size(); ++i) {
      if (i > 0 && stroke[i] == stroke[i - 1]) continue;
      const cv::Point2d moved = stroke[i] + cv::Point2d(random.normal() * amount, random.normal() * amount * 0.8);
      if (i + 1 < stroke.size() && stroke[i + 1] == stroke[i]) stroke[i + 1] = moved;
      stroke[i] = moved;
    }
  }
}

// How a pen is held.
struct Hand {
  double pen = 1;         // width of the stroke in pixels
  double slant = 0;       // to the right, tangent
  double unevenness = 0;  // the part by which the width changes along a stroke
  bool straight = false;  // from point to point, without curves
};

cv::Mat draw(const Drawing& drawing, double width, double height, const Hand& hand, Random& random) {
  constexpr int kShift = 4;  // points have so many binary places
  constexpr double kUnit = 1 << kShift;
  const double margin = 2 * hand.pen + 2 + 0.3 * height;
  cv::Mat ink(static_cast<int>(height + 2 * margin),
              static_cast<int>(width + std::abs(hand.slant) * height + 2 * margin), CV_8UC1, cv::Scalar(0));
  for (const Stroke& stroke : drawing) {
    std::vector<cv::Point> line;
    for (const cv::Point2d& point : hand.straight ? stroke : curve_through(stroke)) {
      const double lean = (hand.slant > 0 ? 1 - point.y : -point.y) * hand.slant * height;
      line.emplace_back(static_cast<int>((margin + point.x * width + lean) * kUnit),
                        static_cast<int>((margin + point.y * height) * kUnit));
    }
    double pressure = 1;
    for (std::size_t i = 1; i < line.size(); ++i) {
      pressure =
          std::clamp(pressure + 0.5 * hand.unevenness * random.normal(), 1 - hand.unevenness, 1 + hand.unevenness);
      cv::line(ink, line[i - 1], line[i], cv::Scalar(255),
               std::max(1, static_cast<int>(std::lround(pressure * hand.pen))), cv::LINE_AA, kShift);
    }
  }
  const cv::Rect box = cv::boundingRect(ink);
  return box.empty() ? cv::Mat(1, 1, CV_8UC1, cv::Scalar(255)) : ink(box).clone();
}

// Random points: a scribble that comes back on itself often.
Drawing scribble(Random& random) {
  Stroke stroke;
  const int points = random.integer(7, 16);
  for (int i = 0; i < points; ++i) stroke.emplace_back(random.uniform(), random.uniform());
  return {stroke};
}

// A filled shape.
cv::Mat blob(double height, Random& random) {
  const int side = std::max(6, static_cast<int>(height));
  cv::Mat ink(side, side, CV_8UC1, cv::Scalar(0));
  std::vector<cv::Point> corners;
  const int count = random.integer(5, 12);
  for (int i = 0; i < count; ++i) {
    const double angle = 2 * std::numbers::pi * i / count;
    const double radius = side * random.uniform(0.2, 0.5);
    corners.emplace_back(static_cast<int>(side * 0.5 + radius * std::cos(angle)),
                         static_cast<int>(side * 0.5 + radius * std::sin(angle)));
  }
  cv::fillPoly(ink, std::vector{corners}, cv::Scalar(255), cv::LINE_AA);
  return ink(cv::boundingRect(ink)).clone();
}

// Dots, dashes or grain without a shape.
cv::Mat texture(double height, Random& random) {
  const int side = std::max(8, static_cast<int>(height));
  cv::Mat ink(side, side, CV_8UC1);
  for (auto& value : cv::Mat_<std::uint8_t>(ink)) value = static_cast<std::uint8_t>(random.below(256));
  const double sigma = random.uniform(0.5, 0.12 * side);
  cv::GaussianBlur(ink, ink, {}, sigma, sigma * random.uniform(0.3, 3));
  cv::normalize(ink, ink, 0, 255, cv::NORM_MINMAX);
  ink.convertTo(ink, -1, 4, -4 * random.uniform(110, 170) + 128);
  const cv::Rect box = cv::boundingRect(ink);
  return box.empty() ? cv::Mat(2, 2, CV_8UC1, cv::Scalar(255)) : ink(box).clone();
}

}  // namespace

cv::Mat draw_digit(std::uint8_t digit, double height, Random& random) {
  Drawing drawing = random.pick(std::span(shapes_of(digit)));
  jitter(drawing, random.uniform(0.01, random.chance(0.25) ? 0.08 : 0.05), random);
  const double width = height * (digit == 1 ? random.uniform(0.25, 0.65) : random.uniform(0.4, 0.95));
  Hand hand;
  hand.pen = std::max(1.0, height * (random.chance(0.2) ? random.uniform(0.16, 0.26) : random.uniform(0.03, 0.16)));
  hand.slant = random.uniform(-0.15, 0.35);
  hand.unevenness = random.chance(0.4) ? random.uniform(0.1, 0.5) : 0;
  hand.straight = random.chance(0.1);
  if (random.chance(0.06)) {
    // Gone over a second time.
    Drawing again = drawing;
    jitter(again, 0.03, random);
    drawing.insert(drawing.end(), again.begin(), again.end());
  }
  return draw(drawing, width, height, hand, random);
}

cv::Mat draw_doodle(double height, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.07) return blob(height, random);
  if (kind < 0.2) return texture(height, random);
  Drawing drawing = kind < 0.33 ? scribble(random) : random.pick(std::span(doodles()));
  jitter(drawing, random.uniform(0.01, 0.05), random);
  const Hand hand{.pen = std::max(1.0, height * random.uniform(0.03, 0.16)),
                  .slant = random.uniform(-0.1, 0.2),
                  .unevenness = random.chance(0.3) ? random.uniform(0.1, 0.5) : 0,
                  .straight = random.chance(0.1)};
  return draw(drawing, height * random.uniform(0.6, 1.3), height, hand, random);
}

}  // namespace vidi::samples
