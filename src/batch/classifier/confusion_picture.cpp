#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "classifier/report.hpp"

namespace vidi::classifier {
namespace {

constexpr int kMargin = 12;
constexpr std::size_t kLongestName = 28;  // characters
constexpr std::size_t kManyLabels = 60;

const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(32, 32, 32);
const cv::Scalar kLines(225, 225, 225);

// Pixels, by how many labels there are.
struct Sizes {
  int cell;
  double font;
  int names;  // what the names take
};

Sizes sizes_for(std::size_t labels) {
  if (labels > kManyLabels) return {.cell = 11, .font = 0.28, .names = 150};
  return {.cell = 28, .font = 0.4, .names = 210};
}

// The fonts have no letters beyond ASCII.
std::string drawable(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c < ' '; }, '?');
  return text.size() > kLongestName ? text.substr(0, kLongestName - 2) + ".." : text;
}

void write_text(cv::Mat& sheet, const std::string& text, cv::Point at, double font, const cv::Scalar& color) {
  cv::putText(sheet, text, at, cv::FONT_HERSHEY_SIMPLEX, font, color, 1, cv::LINE_AA);
}

int width_of(const std::string& text, double font) {
  int below = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, font, 1, &below).width;
}

// Along the left edge, ending at the cells; and, on a sheet that is turned afterwards, along the upper one.
void write_names(cv::Mat& place, const std::vector<std::string>& names, const Sizes& sizes, bool towards_end) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string text = drawable(names[i]);
    const int x = towards_end ? sizes.names - 6 - width_of(text, sizes.font) : 6;
    const int middle = static_cast<int>(i) * sizes.cell + sizes.cell / 2;
    write_text(place, text, {x, middle + static_cast<int>(10 * sizes.font)}, sizes.font, kInk);
  }
}

// From white to blue what is right, to red what is wrong.
cv::Scalar color_of(double part, bool is_right) {
  const cv::Scalar full = is_right ? cv::Scalar(33, 102, 172) : cv::Scalar(178, 24, 43);
  const double depth = part == 0 ? 0 : 0.15 + 0.85 * part;
  return kPaper + (full - kPaper) * depth;
}

void draw_cells(cv::Mat& place, const std::vector<std::vector<std::size_t>>& confusion, const Sizes& sizes) {
  for (std::size_t truth = 0; truth < confusion.size(); ++truth) {
    const std::size_t all = std::accumulate(confusion[truth].begin(), confusion[truth].end(), std::size_t{0});
    for (std::size_t answer = 0; answer < confusion.size(); ++answer) {
      const std::size_t count = confusion[truth][answer];
      const double part = all == 0 ? 0 : static_cast<double>(count) / static_cast<double>(all);
      const cv::Rect cell(static_cast<int>(answer) * sizes.cell, static_cast<int>(truth) * sizes.cell, sizes.cell,
                          sizes.cell);
      cv::rectangle(place, cell, color_of(part, truth == answer), cv::FILLED);
      cv::rectangle(place, cell, kLines, 1);
      if (count == 0 || confusion.size() > kManyLabels) continue;
      const std::string text = std::to_string(count);
      const double font = 0.3;
      write_text(place, text, {cell.x + (sizes.cell - width_of(text, font)) / 2, cell.y + sizes.cell / 2 + 4}, font,
                 part > 0.5 ? kPaper : kInk);
    }
  }
}

}  // namespace

image::Image draw_confusion(const Classifier& classifier, const Evaluation& evaluation) {
  std::vector<std::string> names = classifier.labels;
  names.emplace_back("none of them");
  const Sizes sizes = sizes_for(names.size());
  const int side = static_cast<int>(names.size()) * sizes.cell;
  const int whole = sizes.names + side + 2 * kMargin;
  image::Image picture = image::make_image(whole, whole, 3);
  cv::Mat sheet(whole, whole, CV_8UC3, picture.pixels.data());
  sheet.setTo(kPaper);
  const int start = kMargin + sizes.names;
  cv::Mat left = sheet(cv::Rect(kMargin, start, sizes.names, side));
  write_names(left, names, sizes, true);
  cv::Mat turned(side, sizes.names, CV_8UC3, kPaper);
  write_names(turned, names, sizes, false);
  cv::Mat upright;
  cv::rotate(turned, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
  // Turned so, the first name is the leftmost.
  upright.copyTo(sheet(cv::Rect(start, kMargin, side, sizes.names)));
  cv::Mat cells = sheet(cv::Rect(start, start, side, side));
  draw_cells(cells, evaluation.confusion, sizes);
  return picture;
}

}  // namespace vidi::classifier
