#include "digits/layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "digits/contrast.hpp"
#include "digits/histogram.hpp"
#include "digits/scaling.hpp"

namespace vidi::digits {
namespace {

// A picture is surrounded by paper: only in the tightest crop is half of its border ink. A frame is no more than this
// part of the shorter side thick.
constexpr double kMostInkOfBorder = 0.6;
constexpr double kThickestFrame = 0.05;

bool is_bordered(const cv::Mat& ink) {
  const int frame = static_cast<int>(kThickestFrame * std::min(ink.cols, ink.rows));
  const cv::Rect inside(frame, frame, ink.cols - 2 * frame, ink.rows - 2 * frame);
  return std::ranges::all_of(std::array{ink, ink(inside)}, [](const cv::Mat& each) {
    return part_between(histogram_of_border(each), 255, 255) > kMostInkOfBorder;
  });
}

// The pixels of ink that belong to strokes, not to surfaces: a shadow, a sheet, what lies around a screen. The boldest
// strokes are a third as wide as the digit is high.
double stroke_pixels(const cv::Mat& ink) {
  constexpr int kSide = 128;
  constexpr double kWidestStroke = 0.35;
  const cv::Mat small = reduced(ink, kSide) > 127;
  const int width = static_cast<int>(kWidestStroke * std::min(small.cols, small.rows)) + 1;
  cv::Mat surfaces;
  cv::morphologyEx(small, surfaces, cv::MORPH_OPEN, cv::getStructuringElement(cv::MORPH_ELLIPSE, {width, width}));
  const double ink_pixels = cv::countNonZero(ink);
  return ink_pixels - std::min(ink_pixels, cv::countNonZero(surfaces) * static_cast<double>(ink.total()) /
                                               static_cast<double>(small.total()));
}

Layer make_layer(const Contrast& contrast, const Noise& noise, bool dark) {
  const cv::Mat& map = dark ? contrast.dark : contrast.light;
  Layer layer{map, dark, extract_ink(map, dark ? noise.dark : noise.light)};
  layer.mass = layer.ink.strength * layer.ink.strength * stroke_pixels(layer.ink.mask);
  layer.bordered = is_bordered(layer.ink.mask);
  return layer;
}

// Those that may be of use: not empty, surrounded by paper, and not just the noise on the other side of the background.
void keep_likely(std::vector<Layer>& layers) {
  if (!std::ranges::all_of(layers, &Layer::bordered)) std::erase_if(layers, &Layer::bordered);
  double most = 0;
  for (const Layer& layer : layers) most = std::max(most, layer.mass);
  constexpr double kLeastMass = 0.08;
  std::erase_if(layers, [&](const Layer& layer) { return layer.mass == 0 || layer.mass < kLeastMass * most; });
}

Contrast contrast_in(const Scene& scene, const Tones& tones, const cv::Mat& background) {
  Contrast contrast = measure_contrast(tones, background);
  if (!scene.around.empty()) {
    contrast.dark.setTo(0, scene.around);
    contrast.light.setTo(0, scene.around);
  }
  return contrast;
}

// The part of two masks that is common to both; 1: they are the same.
double likeness(const cv::Mat& mask_a, const cv::Mat& mask_b) {
  return cv::countNonZero(mask_a & mask_b) / std::max(1.0, static_cast<double>(cv::countNonZero(mask_a | mask_b)));
}

// For shadows that a wide neighborhood smooths over, on the side where there is more ink.
void add_near_layer(const Scene& scene, const Tones& tones, std::vector<Layer>& layers) {
  const auto heaviest = std::ranges::max_element(layers, {}, &Layer::mass);
  const bool dark = heaviest == layers.end() || heaviest->dark;
  const Contrast contrast = contrast_in(scene, tones, find_near_background(tones.gray, dark));
  const Noise noise = measure_noise(contrast);
  Layer layer = make_layer(contrast, noise, dark);
  constexpr double kSame = 0.9;
  const bool known =
      std::ranges::any_of(layers, [&](const Layer& other) { return likeness(layer.ink.mask, other.ink.mask) > kSame; });
  if (layer.mass > 0 && !layer.bordered && !known) layers.push_back(std::move(layer));
}

}  // namespace

std::vector<Layer> find_layers(const Scene& scene) {
  const cv::Mat& picture = scene.picture;
  const Tones tones = find_tones(picture);
  std::vector<Layer> layers;
  bool shadowed = false;
  const auto flat_of = [&](double value) { return cv::Mat(picture.size(), CV_8UC1, cv::Scalar(std::round(value))); };
  if (const auto paper = find_flat_paper(tones.gray)) {
    const Contrast contrast = contrast_in(scene, tones, flat_of(paper->gray));
    layers.push_back(make_layer(contrast, {}, paper->is_light));
    if (layers.front().mass > 0) return layers;
    layers.clear();
  }
  // First those on a flat background: of two views that agree the earlier one stays.
  const auto two = find_two_tones(tones.gray);
  // A few dark marks on a light surface are told better with the light taken into account.
  constexpr double kMuchInk = 0.04;
  if (two && (two->flat || std::min(two->dark_part, 1 - two->dark_part) > kMuchInk)) {
    layers.push_back(make_layer(contrast_in(scene, tones, flat_of(two->light)), {}, true));
    layers.push_back(make_layer(contrast_in(scene, tones, flat_of(two->dark)), {}, false));
  }
  if (!two || !two->flat || std::ranges::all_of(layers, &Layer::bordered)) {
    const Contrast contrast = contrast_in(scene, tones, find_wide_background(tones));
    const Noise noise = measure_noise(contrast);
    layers.push_back(make_layer(contrast, noise, true));
    layers.push_back(make_layer(contrast, noise, false));
    shadowed = true;
  }
  keep_likely(layers);
  if (shadowed) add_near_layer(scene, tones, layers);
  return layers;
}

}  // namespace vidi::digits
