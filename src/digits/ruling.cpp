#include "digits/ruling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace vidi::digits {
namespace {

// A component that spans this part of the picture may hold lines.
constexpr double kSpan = 0.45;
constexpr double kMostFill = 0.3;

// Parts of the picture's shorter side.
constexpr double kLeastLength = 0.3;
constexpr double kThickestLine = 0.03;

// The components that may hold lines, alone.
cv::Mat suspects(const cv::Mat& mask) {
  cv::Mat labels;
  cv::Mat statistics;
  cv::Mat centres;
  const int count = cv::connectedComponentsWithStats(mask, labels, statistics, centres, 8, CV_32S);
  std::vector<std::uint8_t> wanted(static_cast<std::size_t>(count), 0);
  bool any = false;
  for (int label = 1; label < count; ++label) {
    const int* row = statistics.ptr<int>(label);
    const int width = row[cv::CC_STAT_WIDTH];
    const int height = row[cv::CC_STAT_HEIGHT];
    const double fill = static_cast<double>(row[cv::CC_STAT_AREA]) / (static_cast<double>(width) * height);
    const bool spans = width > kSpan * mask.cols || height > kSpan * mask.rows;
    const bool thin = std::min(width, height) < kThickestLine * 2 * std::min(mask.cols, mask.rows);
    if (spans && (fill < kMostFill || thin)) {
      wanted[static_cast<std::size_t>(label)] = 255;
      any = true;
    }
  }
  cv::Mat result(mask.size(), CV_8UC1, cv::Scalar(0));
  if (!any) return {};
  for (int y = 0; y < mask.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    std::uint8_t* value = result.ptr(y);
    for (int x = 0; x < mask.cols; ++x) value[x] = wanted[static_cast<std::size_t>(label[x])];
  }
  return result;
}

// Goes along a line that is nearer to level than to upright, and takes out the runs of ink across it that are as
// thin as the line is. `at(x, y)` reaches the pixel.
struct Walk {
  double slope;
  double offset;  // y at x = 0
  int length;
  int height;
};

template <typename At>
void erase_along(const Walk& walk, int thickest, At at) {
  struct Run {
    int x, top, bottom;
  };
  std::vector<Run> runs;
  for (int x = 0; x < walk.length; ++x) {
    const int middle = static_cast<int>(std::lround(walk.slope * x + walk.offset));
    // The ink nearest to the line.
    int y = -1;
    for (int away = 0; away <= 2 && y < 0; ++away) {
      for (const int candidate : {middle - away, middle + away}) {
        if (candidate >= 0 && candidate < walk.height && at(x, candidate) != 0) {
          y = candidate;
          break;
        }
      }
    }
    if (y < 0) continue;
    int top = y;
    int bottom = y;
    while (top > 0 && at(x, top - 1) != 0 && y - top < 4 * thickest) --top;
    while (bottom + 1 < walk.height && at(x, bottom + 1) != 0 && bottom - y < 4 * thickest) ++bottom;
    runs.push_back({x, top, bottom});
  }
  if (static_cast<int>(runs.size()) < walk.length / 4) return;
  std::vector<int> thicknesses;
  for (const Run& run : runs) thicknesses.push_back(run.bottom - run.top + 1);
  const auto middle = thicknesses.begin() + static_cast<std::ptrdiff_t>(thicknesses.size() / 2);
  std::ranges::nth_element(thicknesses, middle);
  if (*middle > thickest) return;
  const int limit = static_cast<int>(std::ceil(*middle * 1.4)) + 1;
  for (const Run& run : runs) {
    if (run.bottom - run.top + 1 > limit) continue;
    for (int y = run.top; y <= run.bottom; ++y) at(run.x, y) = 0;
  }
}

void erase_line(cv::Mat& mask, const cv::Vec4i& line, int thickest) {
  const double dx = line[2] - line[0];
  const double dy = line[3] - line[1];
  if (std::abs(dx) >= std::abs(dy)) {
    const double slope = dy / dx;
    erase_along({slope, line[1] - slope * line[0], mask.cols, mask.rows}, thickest,
                [&](int x, int y) -> std::uint8_t& { return mask.at<std::uint8_t>(y, x); });
  } else {
    const double slope = dx / dy;
    erase_along({slope, line[0] - slope * line[1], mask.rows, mask.cols}, thickest,
                [&](int x, int y) -> std::uint8_t& { return mask.at<std::uint8_t>(x, y); });
  }
}

}  // namespace

void remove_ruling(cv::Mat& mask) {
  const cv::Mat suspected = suspects(mask);
  if (suspected.empty()) return;
  const int shorter = std::min(mask.cols, mask.rows);
  const double length = kLeastLength * shorter;
  const int thickest = std::max(2, static_cast<int>(kThickestLine * shorter));
  // Thin lines alone: what a small square fits into is a stroke or a surface.
  std::vector<cv::Vec4i> lines;
  cv::HoughLinesP(suspected, lines, 1, CV_PI / 360, static_cast<int>(length * 0.6), length, thickest);
  constexpr std::size_t kMostLines = 200;
  if (lines.size() > kMostLines) lines.resize(kMostLines);
  for (const cv::Vec4i& line : lines) erase_line(mask, line, thickest);
}

}  // namespace vidi::digits
