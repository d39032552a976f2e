#include "digits/views.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <opencv2/core.hpp>
#include <optional>
#include <utility>

#include "digits/dirt.hpp"
#include "digits/histogram.hpp"
#include "digits/layers.hpp"
#include "digits/ruling.hpp"
#include "digits/scaling.hpp"
#include "digits/sheet.hpp"

namespace vidi::digits {
namespace {

// Another view is worth a look when its strokes weigh at least this part of the best one's.
constexpr double kNearlyAsLikely = 0.35;
constexpr std::size_t kMostViews = 3;

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

// Half as large each way; a pixel is set where any of its four was.
cv::Mat halved(const cv::Mat& mask) {
  cv::Mat wide;
  cv::dilate(mask, wide, cv::getStructuringElement(cv::MORPH_RECT, {2, 2}, {0, 0}));
  cv::Mat half;
  cv::resize(wide, half, scaled_size(mask, 0.5), 0, 0, cv::INTER_NEAREST);
  return half;
}

// The lines of a form are often fainter than what is written on it, so that they are whole only at a lower threshold.
bool remove_faint_boxes(Ink& ink, const cv::Mat& contrast) {
  if (!has_boxes(find_components(halved(ink.faint)))) return false;
  cv::Mat rest = ink.faint.clone();
  if (!remove_ruling(rest, find_components(ink.faint), Ruling::boxes)) return false;
  // A stroke that runs along a line and is darker than the line stays.
  constexpr double kDarker = 1.3;
  constexpr double kMostOfLine = 0.75;  // what runs along the line is removed with it
  const cv::Mat removed = ink.faint & ~rest;
  ink.mask &= rest | (contrast > kDarker * quantile(histogram_of(contrast, removed), kMostOfLine));
  return true;
}

std::optional<View> make_view(Layer layer) {
  View view;
  view.ink = std::move(layer.ink);
  view.bordered = layer.bordered;
  view.blobs = find_components(view.ink.mask);
  const bool ruled = remove_ruling(view.ink.mask, view.blobs, Ruling::all);
  const bool boxed = remove_faint_boxes(view.ink, layer.contrast);
  if (ruled || boxed) view.blobs = find_components(view.ink.mask);
  measure(view.blobs, view.ink, layer.contrast);
  view.kept = without_dirt(view.blobs);
  if (view.kept.empty()) return std::nullopt;
  return view;
}

// Whether two views found the same ink.
bool agree(const View& a, const View& b) {
  constexpr double kSame = 0.7;
  const cv::Mat mask_a = mask_of_kept(a);
  const cv::Mat mask_b = mask_of_kept(b);
  const cv::Rect common = cv::Rect(a.origin, mask_a.size()) & cv::Rect(b.origin, mask_b.size());
  const int both = cv::countNonZero(mask_a(common - a.origin) & mask_b(common - b.origin));
  return both > kSame * (cv::countNonZero(mask_a) + cv::countNonZero(mask_b) - both);
}

// Every view that there is, the likeliest first.
std::vector<View> all_views(const Scene& scene) {
  const auto mass = [](const View& view) { return stroke_mass(view.kept); };
  std::vector<View> found;
  std::vector<Layer> layers = find_layers(scene);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    auto view = make_view(std::move(layers[i]));
    if (!view) continue;
    view->layer = i;
    const auto place = std::ranges::upper_bound(found, mass(*view), std::greater{}, mass);
    found.insert(place, std::move(*view));
  }
  return found;
}

// Whether what was found on a panel is writing, neither the panel itself nor the uneven ink of a bold stroke.
bool is_written_on(const Blob& panel, const View& inside) {
  constexpr double kLeastHeight = 0.2;
  constexpr double kWhole = 0.9;
  constexpr double kLeastStrength = 0.3;
  const auto is_whole = [&](const Blob& blob) {
    return blob.box.height > kWhole * panel.box.height && blob.box.width > kWhole * panel.box.width;
  };
  const auto is_writing = [&](const Blob& blob) {
    return blob.box.height > kLeastHeight * panel.box.height && blob.strength > kLeastStrength * panel.strength;
  };
  return std::ranges::none_of(inside.kept, is_whole) && std::ranges::any_of(inside.kept, is_writing);
}

// Puts what is written on a panel (a card, a screen, a field of another color) in the panel's place.
bool open_panels(View& view, const cv::Mat& picture) {
  bool opened = false;
  for (const Blob& blob : view.blobs.blobs) {
    if (!is_panel(blob, view.blobs.labels)) continue;
    constexpr double kRim = 0.03;
    const int rim = std::max(2, static_cast<int>(kRim * std::min(blob.box.width, blob.box.height)));
    const cv::Rect panel(blob.box.x, blob.box.y, blob.box.width, blob.box.height);
    const cv::Rect inside(panel.x + rim, panel.y + rim, panel.width - 2 * rim, panel.height - 2 * rim);
    const std::vector<View> views = all_views({picture(inside), {}});
    const auto found = std::ranges::find_if(views, [&](const View& each) { return is_written_on(blob, each); });
    if (found == views.end()) continue;
    const View& best = *found;
    const cv::Mat written = mask_of_kept(best);
    view.ink.mask(panel).setTo(0, view.blobs.labels(panel) == blob.label);
    view.ink.mask(inside).setTo(0);  // the light loop of a 0 is no part of the panel
    view.ink.tone(panel).setTo(0);
    written.copyTo(view.ink.mask(inside), written);
    best.ink.tone.copyTo(view.ink.tone(inside));
    opened = true;
  }
  return opened;
}

// After its ink has changed.
void look_again(View& view) {
  // The tone stands for the contrast, which is that of several backgrounds now.
  Blobs blobs = find_components(view.ink.mask);
  measure(blobs, view.ink, view.ink.tone);
  std::vector<Blob> kept = without_dirt(blobs);
  if (kept.empty()) return;
  view.blobs = std::move(blobs);
  view.kept = std::move(kept);
}

// The likeliest views that differ from those that are there; the scene lies at `origin` in the picture.
void add_views(const Scene& scene, const cv::Point& origin, std::vector<View>& views) {
  double most = 0;
  std::vector<View> found;
  for (View& view : all_views(scene)) {
    if (found.size() == kMostViews || stroke_mass(view.kept) < kNearlyAsLikely * most) break;
    view.origin = origin;
    const auto agrees = [&](const View& other) { return agree(view, other); };
    if (std::ranges::any_of(views, agrees)) continue;
    most = std::max(most, stroke_mass(view.kept));
    const auto same = std::ranges::find_if(found, agrees);
    if (same == found.end()) {
      found.push_back(std::move(view));
    } else if (view.layer < same->layer) {
      *same = std::move(view);
    }
  }
  for (View& view : found) {
    if (!view.bordered && open_panels(view, scene.picture)) look_again(view);
    views.push_back(std::move(view));
  }
}

}  // namespace

std::vector<View> find_views(const cv::Mat& picture) {
  std::vector<View> views;
  add_views({picture, {}}, {}, views);
  if (const auto sheet = find_sheet(picture)) add_views({sheet->picture, sheet->around}, sheet->box.tl(), views);
  return views;
}

}  // namespace vidi::digits
