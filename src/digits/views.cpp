#include "digits/views.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <optional>
#include <utility>

#include "digits/contrast.hpp"
#include "digits/ruling.hpp"

namespace vidi::digits {
namespace {

// Another view is worth a look when its strokes weigh at least this part of the best one's.
constexpr double kNearlyAsLikely = 0.35;
constexpr std::size_t kMostViews = 3;

// The part of the picture's outermost pixels that are ink.
double ink_of_border(const cv::Mat& mask) {
  const int right = mask.cols - 1;
  const int bottom = mask.rows - 1;
  const int ink = cv::countNonZero(mask.row(0)) + cv::countNonZero(mask.row(bottom)) + cv::countNonZero(mask.col(0)) +
                  cv::countNonZero(mask.col(right));
  return ink / (2.0 * (mask.cols + mask.rows));
}

// A picture is surrounded by paper: only in the tightest crop is half of its border ink.
constexpr double kMostInkOfBorder = 0.6;

cv::Mat mask_of_kept(const View& view) {
  std::vector<std::uint8_t> wanted(view.blobs.blobs.size() + 1, 0);
  for (const Blob& blob : view.kept) wanted[static_cast<std::size_t>(blob.label)] = 255;
  cv::Mat mask(view.blobs.labels.size(), CV_8UC1);
  for (int y = 0; y < mask.rows; ++y) {
    const int* label = view.blobs.labels.ptr<int>(y);
    std::uint8_t* value = mask.ptr(y);
    for (int x = 0; x < mask.cols; ++x) value[x] = wanted[static_cast<std::size_t>(label[x])];
  }
  return mask;
}

std::optional<View> make_view(const cv::Mat& contrast, double noise) {
  View view;
  view.ink = extract_ink(contrast, noise);
  if (view.ink.strength == 0) return std::nullopt;
  view.bordered = ink_of_border(view.ink.mask) > kMostInkOfBorder;
  view.blobs = find_blobs(view.ink.mask, contrast);
  if (remove_ruling(view.ink.mask, view.blobs)) view.blobs = find_blobs(view.ink.mask, contrast);
  view.kept = without_dirt(view.blobs);
  if (view.kept.empty()) return std::nullopt;
  return view;
}

// Whether two views found the same ink.
bool agree(const View& a, const View& b) {
  const cv::Mat mask_a = mask_of_kept(a);
  const cv::Mat mask_b = mask_of_kept(b);
  constexpr double kSame = 0.7;
  return cv::countNonZero(mask_a & mask_b) > kSame * cv::countNonZero(mask_a | mask_b);
}

// Every view that there is, the likeliest first.
std::vector<View> all_views(const cv::Mat& picture) {
  const Tones tones = find_tones(picture);
  std::vector<View> found;
  const auto add = [&](const cv::Mat& contrast, double noise) {
    if (auto view = make_view(contrast, noise)) found.push_back(std::move(*view));
  };
  // First those on a flat background: of two views that agree the earlier one stays.
  const auto two = find_two_tones(tones.grey);
  // A few dark marks on a light surface are told better with the light taken into account.
  constexpr double kMuchInk = 0.04;
  if (two && (two->flat || std::min(two->dark_part, 1 - two->dark_part) > kMuchInk)) {
    const auto flat = [&](double value) { return cv::Mat(picture.size(), CV_8UC1, cv::Scalar(std::round(value))); };
    add(measure_contrast(tones, flat(two->light)).dark, 0);
    add(measure_contrast(tones, flat(two->dark)).light, 0);
  }
  if (!two || !two->flat || std::ranges::all_of(found, &View::bordered)) {
    const Contrast contrast = measure_contrast(tones, tones.background);
    add(contrast.dark, contrast.dark_noise);
    add(contrast.light, contrast.light_noise);
  }
  if (!std::ranges::all_of(found, &View::bordered)) std::erase_if(found, &View::bordered);
  std::ranges::stable_sort(found, std::greater{}, [](const View& view) { return stroke_mass(view.kept); });
  return found;
}

// Puts what is written on a panel (a card, a screen, a field of another colour) in the panel's place.
bool open_panels(View& view, const cv::Mat& picture) {
  bool opened = false;
  for (const Blob& blob : view.blobs.blobs) {
    if (!is_panel(blob, view.blobs.labels)) continue;
    constexpr double kRim = 0.03;
    const int rim = std::max(2, static_cast<int>(kRim * std::min(blob.box.width, blob.box.height)));
    const cv::Rect panel(blob.box.x, blob.box.y, blob.box.width, blob.box.height);
    const cv::Rect inside(panel.x + rim, panel.y + rim, panel.width - 2 * rim, panel.height - 2 * rim);
    const std::vector<View> views = all_views(picture(inside));
    if (views.empty()) continue;
    const View& best = views.front();
    const cv::Mat written = mask_of_kept(best);
    view.ink.mask(panel).setTo(0, view.blobs.labels(panel) == blob.label);
    view.ink.tone(panel).setTo(0);
    written.copyTo(view.ink.mask(inside), written);
    best.ink.tone.copyTo(view.ink.tone(inside));
    opened = true;
  }
  return opened;
}

}  // namespace

std::vector<View> find_views(const cv::Mat& picture) {
  std::vector<View> views;
  for (View& view : all_views(picture)) {
    if (views.size() == kMostViews) break;
    if (!views.empty() && stroke_mass(view.kept) < kNearlyAsLikely * stroke_mass(views.front().kept)) break;
    const bool new_one = std::ranges::none_of(views, [&](const View& other) { return agree(view, other); });
    if (new_one) views.push_back(std::move(view));
  }
  for (View& view : views) {
    if (view.bordered || !open_panels(view, picture)) continue;
    // The tone stands for the contrast, which is that of several backgrounds now.
    Blobs blobs = find_blobs(view.ink.mask, view.ink.tone);
    std::vector<Blob> kept = without_dirt(blobs);
    if (kept.empty()) continue;
    view.blobs = std::move(blobs);
    view.kept = std::move(kept);
  }
  return views;
}

}  // namespace vidi::digits
