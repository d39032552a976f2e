#include "digits/ruling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace vidi::digits {
namespace {

// A component that spans this part of the picture may hold lines.
constexpr double kSpan = 0.3;
constexpr double kMostFill = 0.35;

// A line that ends this near to the picture's edge, as a part of its side, is taken to go on beyond it.
constexpr double kNear = 0.04;

// Of the picture's shorter side.
constexpr double kThickestLine = 0.045;

// A component of the ink that may hold lines.
struct Suspect {
  cv::Rect box;
  cv::Mat mask;           // of the box
  bool box_like = false;  // its outline is a rectangle: a box, or the cells of a table
  bool is_cell = false;   // one box, not several side by side
  double tilt = 0;        // of a rectangle's sides, radians
};

// A stroke that sticks out of a box widens its rectangle; a round 0 fills 0.79 of its own.
constexpr double kBoxLike = 0.86;

// The angle of the component's sides from level and upright, within an eighth of a turn.
double tilt_of(const cv::Mat& mask) {
  std::vector<cv::Point> ink;
  cv::findNonZero(mask, ink);
  const double degrees = cv::minAreaRect(ink).angle;
  return (degrees - 90 * std::round(degrees / 90)) * CV_PI / 180;
}

std::vector<Suspect> find_suspects(const Blobs& blobs, Ruling ruling) {
  const int width = blobs.labels.cols;
  const int height = blobs.labels.rows;
  std::vector<Suspect> suspects;
  for (const Blob& blob : blobs.blobs) {
    const cv::Rect box(blob.box.x, blob.box.y, blob.box.width, blob.box.height);
    const double fill = static_cast<double>(blob.area) / box.area();
    const bool spans = box.width > kSpan * width || box.height > kSpan * height;
    const bool thin = std::min(box.width, box.height) < kThickestLine * 2 * std::min(width, height);
    if (!spans || (fill > kMostFill && !thin)) continue;
    const bool box_like = rectangularity(blob, blobs.labels) > kBoxLike;
    const bool at_edge = box.x < kNear * width || box.y < kNear * height || box.br().x > (1 - kNear) * width ||
                         box.br().y > (1 - kNear) * height;
    const bool wanted = ruling == Ruling::all ? at_edge || box_like : box_like && !at_edge;
    if (!wanted) continue;
    const cv::Mat mask = blobs.labels(box) == blob.label;
    constexpr double kLongestCell = 1.6;
    const bool is_cell = box_like && std::max(box.width, box.height) < kLongestCell * std::min(box.width, box.height);
    suspects.push_back({box, mask, box_like, is_cell, box_like ? tilt_of(mask) : 0});
  }
  return suspects;
}

// Where a line begins and ends along its direction, and how far it could.
struct Extent {
  int begin, end;
  int box_begin, box_end;  // of its component
  int size;                // of the picture
};

// A ruled line runs from edge to edge; a side of a box along most of the box; the stroke of a digit does neither.
bool is_ruled(const Extent& extent, bool box_like) {
  const int edges = (extent.begin < kNear * extent.size ? 1 : 0) + (extent.end > (1 - kNear) * extent.size ? 1 : 0);
  const int length = extent.end - extent.begin;
  if (edges == 2 || (edges == 1 && length > 0.5 * extent.size)) return true;
  return box_like && length > 0.6 * (extent.box_end - extent.box_begin);
}

// A cell has lines at its sides only.
bool is_near_end(int place, int size) {
  constexpr double kSide = 0.15;
  return place < kSide * size || place > (1 - kSide) * size;
}

bool is_ruled(const cv::Vec4i& line, const Suspect& suspect, const cv::Size& picture) {
  const double across = line[2] - line[0];
  const double down = line[3] - line[1];
  const bool level = std::abs(across) >= std::abs(down);
  // The stem of a 7 is no side of the box that it stands in.
  constexpr double kParallel = 4 * CV_PI / 180;
  const double tilt = level ? std::atan(down / across) : -std::atan(across / down);
  if (suspect.box_like && std::abs(tilt - suspect.tilt) > kParallel) return false;
  const cv::Rect& box = suspect.box;
  const int middle = level ? (line[1] + line[3]) / 2 - box.y : (line[0] + line[2]) / 2 - box.x;
  if (suspect.is_cell && !is_near_end(middle, level ? box.height : box.width)) return false;
  const auto [begin, end] = level ? std::minmax(line[0], line[2]) : std::minmax(line[1], line[3]);
  return is_ruled(level ? Extent{begin, end, box.x, box.x + box.width, picture.width}
                        : Extent{begin, end, box.y, box.y + box.height, picture.height},
                  suspect.box_like);
}

// Goes along a line that is nearer to level than to upright, and takes out the runs of ink across it that are as
// thin as the line is. `at(x, y)` reaches the pixel.
struct Walk {
  double slope;
  double offset;  // y at x = 0
  int length;
  int height;
};

// Returns how thick the line is at most; 0: nothing was taken out.
template <typename At>
int erase_along(const Walk& walk, int thickest, At at) {
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
  if (runs.empty() || static_cast<int>(runs.size()) < walk.length / 4) return 0;
  std::vector<int> thicknesses;
  for (const Run& run : runs) thicknesses.push_back(run.bottom - run.top + 1);
  const auto middle = thicknesses.begin() + static_cast<std::ptrdiff_t>(thicknesses.size() / 2);
  std::ranges::nth_element(thicknesses, middle);
  if (*middle > thickest) return 0;
  const int limit = static_cast<int>(std::ceil(*middle * 1.4)) + 1;
  for (const Run& run : runs) {
    if (run.bottom - run.top + 1 > limit) continue;
    for (int y = run.top; y <= run.bottom; ++y) at(run.x, y) = 0;
  }
  return limit;
}

// Within the component's box: a line does not go on in another one. Returns what erase_along() does.
int erase_line(cv::Mat& picture, cv::Vec4i line, const cv::Rect& box, int thickest) {
  cv::Mat mask = picture(box);
  line -= cv::Vec4i(box.x, box.y, box.x, box.y);
  const double dx = line[2] - line[0];
  const double dy = line[3] - line[1];
  if (std::abs(dx) >= std::abs(dy)) {
    const double slope = dy / dx;
    return erase_along({slope, line[1] - slope * line[0], mask.cols, mask.rows}, thickest,
                       [&](int x, int y) -> std::uint8_t& { return mask.at<std::uint8_t>(y, x); });
  }
  const double slope = dx / dy;
  return erase_along({slope, line[0] - slope * line[1], mask.rows, mask.cols}, thickest,
                     [&](int x, int y) -> std::uint8_t& { return mask.at<std::uint8_t>(x, y); });
}

// The sides of a box are thin; a stroke of a digit that nearly fills a rectangle is not.
int thickest_side(const Suspect& suspect) {
  if (!suspect.box_like) return std::numeric_limits<int>::max();
  constexpr double kThickestSide = 0.06;
  return 1 + static_cast<int>(kThickestSide * std::min(suspect.box.width, suspect.box.height));
}

}  // namespace

bool remove_ruling(cv::Mat& mask, const Blobs& blobs, Ruling ruling) {
  bool removed = false;
  const int thickest = std::max(2, static_cast<int>(kThickestLine * std::min(mask.cols, mask.rows)));
  for (const Suspect& suspect : find_suspects(blobs, ruling)) {
    const double length = suspect.box_like ? 0.6 * std::min(suspect.box.width, suspect.box.height)
                                           : 0.3 * std::max(suspect.box.width, suspect.box.height);
    std::vector<cv::Vec4i> lines;
    cv::HoughLinesP(suspect.mask, lines, 1, CV_PI / 360, static_cast<int>(length * 0.6), length, thickest);
    constexpr std::size_t kMostLines = 200;
    if (lines.size() > kMostLines) lines.resize(kMostLines);
    int thickest_here = std::min(thickest, thickest_side(suspect));
    for (cv::Vec4i line : lines) {
      line += cv::Vec4i(suspect.box.x, suspect.box.y, suspect.box.x, suspect.box.y);
      if (!is_ruled(line, suspect, mask.size())) continue;
      const int erased = erase_line(mask, line, suspect.box, thickest_here);
      // The sides of a cell are alike: what is left beside one is a stroke that runs along it.
      if (suspect.is_cell && erased > 0) thickest_here = std::min(thickest_here, erased);
      removed = true;
    }
  }
  return removed;
}

bool has_boxes(const Blobs& blobs) { return !find_suspects(blobs, Ruling::boxes).empty(); }

}  // namespace vidi::digits
