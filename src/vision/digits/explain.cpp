#include "digits/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "digits/opencv_view.hpp"

namespace vidi::digits {
namespace {

constexpr int kMostSide = 1024;
constexpr int kLeastSide = 280;
constexpr int kFormZoom = 4;
constexpr int kTile = kFormZoom * kFormSide;
constexpr int kGap = 8;
constexpr int kTextHeight = 20;

const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kText(32, 32, 32);
const cv::Scalar kFrame(0, 114, 178);

struct Shown {
  const ReadDigit* digit;
  const Form* form;
};

std::vector<Shown> shown_digits(const Findings& findings, const Reading& reading) {
  const std::vector<const Form*> forms = forms_of(findings);
  std::vector<Shown> shown;
  for (const auto& line : reading.lines) {
    for (const ReadDigit& digit : line) shown.push_back({&digit, forms[digit.candidate]});
  }
  return shown;
}

cv::Mat to_rgb(const image::Image& picture) {
  const image::Image flat = image::flatten(picture);
  const cv::Mat view = view_of(flat);
  cv::Mat result;
  if (flat.channels == 1) {
    cv::cvtColor(view, result, cv::COLOR_GRAY2RGB);
  } else {
    view.copyTo(result);
  }
  return result;
}

double display_scale(const cv::Mat& picture) {
  const int longer = std::max(picture.cols, picture.rows);
  if (longer > kMostSide) return static_cast<double>(kMostSide) / longer;
  return longer < kLeastSide ? std::ceil(static_cast<double>(kLeastSide) / longer) : 1;
}

void write(cv::Mat& canvas, const std::string& text, cv::Point place, const cv::Scalar& color) {
  cv::putText(canvas, text, place, cv::FONT_HERSHEY_SIMPLEX, 0.5, color, 1, cv::LINE_AA);
}

cv::Mat picture_with_boxes(const image::Image& picture, std::span<const Shown> shown,
                           std::span<const std::string> labels) {
  cv::Mat canvas = to_rgb(picture);
  const double scale = display_scale(canvas);
  cv::resize(canvas, canvas, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
  for (const Shown& each : shown) {
    const Box& box = each.digit->box;
    const cv::Rect frame(static_cast<int>(box.x * scale), static_cast<int>(box.y * scale),
                         std::max(1, static_cast<int>(box.width * scale)),
                         std::max(1, static_cast<int>(box.height * scale)));
    cv::rectangle(canvas, frame, kFrame, 2);
    write(canvas, labels[each.digit->label], {frame.x, std::max(12, frame.y - 4)}, kFrame);
  }
  return canvas;
}

// One digit as the model saw it, with its answer below.
void draw_tile(cv::Mat& canvas, const Shown& shown, const std::string& label, cv::Point corner) {
  const cv::Mat form = view_of(*shown.form);
  cv::Mat tile;
  cv::resize(form, tile, {kTile, kTile}, 0, 0, cv::INTER_NEAREST);
  cv::cvtColor(tile, tile, cv::COLOR_GRAY2RGB);
  tile.copyTo(canvas(cv::Rect(corner.x, corner.y, kTile, kTile)));
  write(canvas, fmt::format("{}  {:.3f}", label, shown.digit->probability), {corner.x, corner.y + kTile + 15}, kText);
}

image::Image to_image(const cv::Mat& canvas) {
  image::Image result = image::make_image(canvas.cols, canvas.rows, 3);
  for (int y = 0; y < canvas.rows; ++y) std::copy_n(canvas.ptr(y), result.row_bytes(), result.row(y).begin());
  return result;
}

}  // namespace

image::Image explain(const image::Image& picture, const Findings& findings, const Reading& reading,
                     std::span<const std::string> labels) {
  constexpr std::size_t kMostTiles = 200;
  std::vector<Shown> shown = shown_digits(findings, reading);
  if (shown.size() > kMostTiles) shown.resize(kMostTiles);
  const cv::Mat boxes = picture_with_boxes(picture, shown, labels);
  const int width = std::max(boxes.cols, kTile + 2 * kGap);
  const int columns = std::max(1, (width - kGap) / (kTile + kGap));
  const int rows = (static_cast<int>(shown.size()) + columns - 1) / columns;
  const int below = shown.empty() ? kTextHeight + 2 * kGap : rows * (kTile + kTextHeight + kGap) + kGap;
  cv::Mat canvas(boxes.rows + below, width, CV_8UC3, kPaper);
  boxes.copyTo(canvas(cv::Rect(0, 0, boxes.cols, boxes.rows)));
  if (shown.empty()) write(canvas, reading.reason, {kGap, boxes.rows + kGap + 15}, kText);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const int column = static_cast<int>(i) % columns;
    const int row = static_cast<int>(i) / columns;
    draw_tile(canvas, shown[i], labels[shown[i].digit->label],
              {kGap + column * (kTile + kGap), boxes.rows + kGap + row * (kTile + kTextHeight + kGap)});
  }
  return to_image(canvas);
}

}  // namespace vidi::digits
