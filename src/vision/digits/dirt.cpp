#include "digits/dirt.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vidi::digits {
namespace {

// The value below which half of the weight lies.
double weighted_median(std::vector<std::pair<double, double>> values_and_weights) {
  std::ranges::sort(values_and_weights);
  double total = 0;
  for (const auto& [value, weight] : values_and_weights) total += weight;
  double seen = 0;
  for (const auto& [value, weight] : values_and_weights) {
    seen += weight;
    if (2 * seen >= total) return value;
  }
  return 0;
}

bool is_thin_and_upright(const Blob& blob) {
  const double thickness = std::max(1.0, static_cast<double>(blob.area) / blob.box.height);
  return blob.box.height > 12 * thickness && blob.box.width < 0.1 * blob.box.height;
}

// What is thin, long and straight: a ruled line, a rule of a table, or the edge of a box.
bool is_line(const Blob& blob, int width, int height) {
  const int longer = std::max(blob.box.width, blob.box.height);
  const int shorter = std::min(blob.box.width, blob.box.height);
  const double thickness = static_cast<double>(blob.area) / longer;
  const bool flat = blob.box.width > blob.box.height;
  // An upright stroke may be a 1; a long flat one is never a digit.
  if (flat) return longer > 4 * shorter && thickness < 0.35 * longer;
  return is_thin_and_upright(blob) && longer > 0.6 * height && width > height / 4;
}

// A frame around the content: it spans most of the picture with little ink.
bool is_frame(const Blob& blob, int width, int height) {
  const bool wide = blob.box.width > 0.8 * width;
  const bool high = blob.box.height > 0.8 * height;
  return wide && high && blob.area < 0.12 * blob.box.width * blob.box.height &&
         blob.width < 0.05 * std::min(width, height);
}

int longer_side(const Box& box) { return std::max(box.width, box.height); }

// The part of a blob's length that its stroke is wide. The boldest digits have about 0.3.
double boldness(const Blob& blob) { return blob.width / longer_side(blob.box); }

bool is_surface(const Blob& blob) {
  constexpr double kBoldest = 0.48;
  return boldness(blob) > kBoldest;
}

// An empty box.
bool is_outline(const Blob& blob, const cv::Mat& labels) {
  constexpr double kThinnest = 0.1;
  const double area = static_cast<double>(blob.box.width) * blob.box.height;
  return boldness(blob) < kThinnest && blob.area < 0.35 * area && rectangularity(blob, labels) > kLeastRectangularity;
}

// Reaches in from the edge along much of it, or lies along it.
bool is_intruder(const Blob& blob, int width, int height) {
  const bool along = blob.box.width > 0.7 * width || blob.box.height > 0.7 * height;
  // The edge of a table or of the sheet lies along a side of the picture or across a corner. Digits of a tight crop
  // reach from top to bottom.
  constexpr double kNear = 0.02;
  const bool beside = blob.box.x <= kNear * width || blob.box.right() >= (1 - kNear) * width;
  const bool below = blob.box.y == 0 || blob.box.bottom() == height;
  const bool upright = blob.box.width < 0.25 * blob.box.height || blob.along_side > 0.5 * blob.box.height;
  const bool lower = blob.box.height < 0.8 * height;
  if (beside && lower && (upright || (blob.at_edge && below && blob.box.width < 0.8 * width))) return true;
  return blob.at_edge && (along || is_surface(blob));
}

// Where there is room around the writing, what touches the picture's edge is a neighbor that was cut off.
void remove_cut_neighbors(std::vector<Blob>& blobs, int height) {
  int tallest = 0;
  int top = height;
  int bottom = 0;
  for (const Blob& blob : blobs) {
    if (blob.at_edge) continue;
    tallest = std::max(tallest, longer_side(blob.box));
    top = std::min(top, blob.box.y);
    bottom = std::max(bottom, blob.box.bottom());
  }
  constexpr double kRoom = 0.04;
  const double room = kRoom * tallest;
  if (tallest == 0 || top < room || height - bottom < room) return;
  // What is much larger than the rest is the writing, and the rest is dirt.
  constexpr double kMuchLarger = 2.5;
  const bool larger = std::ranges::any_of(
      blobs, [&](const Blob& blob) { return blob.at_edge && longer_side(blob.box) > kMuchLarger * tallest; });
  if (!larger) std::erase_if(blobs, [](const Blob& blob) { return blob.at_edge; });
}

// Of two strokes' widths, the thinner as a part of the thicker.
double pen_likeness(double a, double b) { return std::min(a, b) / std::max(a, b); }

// A straight thin line as high as what stands beside it, and of the same pen, is a 1.
void keep_ones(const std::vector<Blob>& blobs, int width, int height, std::vector<Blob>& kept) {
  const auto tallest = std::ranges::max_element(kept, {}, [](const Blob& blob) { return blob.box.height; });
  if (tallest == kept.end()) return;
  const Box beside = tallest->box;
  const double pen = tallest->width;
  std::vector<Blob> ones;
  for (const Blob& blob : blobs) {
    constexpr double kLeast = 0.75;
    constexpr double kMost = 1.15;
    constexpr double kLevel = 0.2;
    const double part = static_cast<double>(blob.box.height) / beside.height;
    const double lower = std::abs(2 * (blob.box.y - beside.y) + blob.box.height - beside.height) / 2.0;
    constexpr double kSamePen = 0.4;
    const bool alike =
        pen_likeness(blob.width, pen) > kSamePen && part > kLeast && part < kMost && lower < kLevel * beside.height;
    if (alike && !blob.at_edge && blob.box.height > blob.box.width && is_line(blob, width, height)) {
      ones.push_back(blob);
    }
  }
  kept.insert(kept.end(), ones.begin(), ones.end());
}

// How far two boxes are apart, in pixels; 0: they share some.
int gap_between(const Box& a, const Box& b) {
  const int across = std::max({0, b.x - a.right(), a.x - b.right()});
  const int down = std::max({0, b.y - a.bottom(), a.y - b.bottom()});
  return std::max(across, down);
}

// A flat stroke that begins where another one of the same pen ends is the bar of a 5 or a 7.
void keep_bars(const std::vector<Blob>& blobs, int width, int height, std::vector<Blob>& kept) {
  std::vector<Blob> bars;
  for (const Blob& blob : blobs) {
    if (blob.at_edge || blob.box.height > blob.box.width || !is_line(blob, width, height)) continue;
    const bool belongs = std::ranges::any_of(kept, [&](const Blob& other) {
      constexpr double kLongest = 0.9;
      constexpr double kGap = 1.5;
      constexpr double kSamePen = 0.55;
      return pen_likeness(blob.width, other.width) > kSamePen && blob.box.width < kLongest * other.box.height &&
             gap_between(blob.box, other.box) <= kGap * std::max(2.0, other.width);
    });
    if (belongs) bars.push_back(blob);
  }
  kept.insert(kept.end(), bars.begin(), bars.end());
}

// Beside what a much thicker pen has written, an upright line is a side of a box.
void remove_thin_sides(std::vector<Blob>& blobs) {
  const auto heaviest = std::ranges::max_element(blobs, {}, [](const Blob& blob) { return blob.area * blob.strength; });
  if (heaviest == blobs.end()) return;
  constexpr double kMuchThinner = 0.33;
  const double pen = kMuchThinner * heaviest->width;
  std::erase_if(blobs, [&](const Blob& blob) { return blob.width < pen && is_thin_and_upright(blob); });
}

// Faint, with a soft edge: a shadow. A stroke that is out of focus, or enlarged, is darker.
bool is_shadow(const Blob& blob) {
  constexpr double kSharp = 6;
  constexpr double kFaint = 42;
  return blob.edge > kSharp && blob.strength < kFaint;
}

}  // namespace

std::vector<Blob> without_dirt(const Blobs& all) {
  const std::vector<Blob>& blobs = all.blobs;
  const int width = all.labels.cols;
  const int height = all.labels.rows;
  std::vector<Blob> kept;
  for (const Blob& blob : blobs) {
    const bool odd = is_line(blob, width, height) || is_frame(blob, width, height) || is_surface(blob) ||
                     is_intruder(blob, width, height) || is_outline(blob, all.labels) || is_shadow(blob);
    if (!odd) kept.push_back(blob);
  }
  keep_ones(blobs, width, height, kept);
  keep_bars(blobs, width, height, kept);
  // A crop so tight that the digit touches its frame: then it is all there is, but for specks.
  constexpr int kLeastSide = 8;
  constexpr double kTight = 0.5;
  constexpr double kFilled = 0.75;  // no digit is as bold
  const bool specks = std::ranges::all_of(kept, [](const Blob& blob) { return longer_side(blob.box) < kLeastSide; });
  if (specks) {
    kept = blobs;
    std::erase_if(kept, [&](const Blob& blob) {
      return longer_side(blob.box) < kTight * std::max(width, height) || boldness(blob) > kFilled || is_shadow(blob);
    });
  }
  if (kept.empty()) return kept;

  std::vector<std::pair<double, double>> heights;
  std::vector<std::pair<double, double>> strengths;
  for (const Blob& blob : kept) {
    // Ink stands out more than shadows and ruled lines, which are larger, and is longer than specks, which may be
    // darker.
    const double mass = blob.area * longer_side(blob.box) * std::pow(blob.strength, 3);
    heights.emplace_back(longer_side(blob.box), mass);
    strengths.emplace_back(blob.strength, mass);
  }
  const double usual_height = weighted_median(std::move(heights));
  const double usual_strength = weighted_median(std::move(strengths));
  constexpr double kLeastHeight = 0.12;
  constexpr double kLeastStrength = 0.45;
  std::erase_if(kept, [&](const Blob& blob) {
    const int longer = longer_side(blob.box);
    return longer < kLeastHeight * usual_height || longer < 3 || blob.strength < kLeastStrength * usual_strength;
  });
  remove_thin_sides(kept);
  remove_cut_neighbors(kept, height);
  return kept;
}

double stroke_mass(const std::vector<Blob>& blobs) {
  double mass = 0;
  for (const Blob& blob : blobs) {
    mass += blob.area * blob.strength * blob.strength * std::clamp((0.5 - boldness(blob)) / 0.25, 0.02, 1.0);
  }
  return mass;
}

}  // namespace vidi::digits
