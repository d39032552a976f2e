#include "digits/pieces.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <utility>

namespace vidi::digits {
namespace {

// A character wider than this, in heights of the row, may be more than one digit.
constexpr double kWidestDigit = 0.85;
// Cuts are at least this far from one another and from the ends.
constexpr double kNarrowestPiece = 0.22;
constexpr std::size_t kMaxCuts = 24;

// A cut that costs more than this many stroke widths of ink is none.
constexpr double kDearestCut = 3.5;

cv::Rect to_rect(const Box& box) { return {box.x, box.y, box.width, box.height}; }

cv::Mat mask_of(const Character& character, const cv::Mat& labels) {
  const cv::Mat area = labels(to_rect(character.box));
  cv::Mat mask(area.size(), CV_8UC1, cv::Scalar(0));
  for (const Blob& blob : character.parts) {
    const cv::Rect inside =
        to_rect({blob.box.x - character.box.x, blob.box.y - character.box.y, blob.box.width, blob.box.height});
    cv::Mat part = area(inside) == blob.label;
    mask(inside) |= part;
  }
  return mask;
}

using Seam = std::vector<int>;  // for each row, the first column to the right of the cut

struct Cut {
  double cost = 0;
  Seam seam;
};

// The way from top to bottom near column `x` that crosses the least ink, and bends little.
Cut cheapest_cut(const cv::Mat& mask, int x, int reach) {
  const int left = std::max(1, x - reach);
  const int right = std::min(mask.cols - 1, x + reach);
  const int width = right - left + 1;
  constexpr double kBend = 0.3;
  const auto ink = [&](int row, int column) { return mask.at<std::uint8_t>(row, left + column) != 0 ? 1.0 : 0.0; };
  std::vector<double> cost(static_cast<std::size_t>(width));
  for (int i = 0; i < width; ++i) cost[i] = ink(0, i) + 0.02 * std::abs(left + i - x);
  std::vector<std::vector<std::int8_t>> from(static_cast<std::size_t>(mask.rows));
  for (int y = 1; y < mask.rows; ++y) {
    std::vector<double> next(cost.size(), std::numeric_limits<double>::max());
    from[y].resize(cost.size());
    for (int i = 0; i < width; ++i) {
      for (int step = -1; step <= 1; ++step) {
        const int before = i + step;
        if (before < 0 || before >= width) continue;
        const double total = cost[before] + (step == 0 ? 0 : kBend * 0.1);
        if (total < next[i]) {
          next[i] = total;
          from[y][i] = static_cast<std::int8_t>(step);
        }
      }
      next[i] += ink(y, i);
    }
    cost = std::move(next);
  }
  const auto cheapest = std::ranges::min_element(cost);
  Cut cut{*cheapest, Seam(static_cast<std::size_t>(mask.rows))};
  int at = static_cast<int>(cheapest - cost.begin());
  for (int y = mask.rows - 1; y >= 0; --y) {
    cut.seam[y] = left + at;
    if (y > 0) at += from[y][at];
  }
  return cut;
}

// Cuts from left to right where little ink is in the way.
std::vector<Seam> find_cuts(const cv::Mat& mask, double height, double stroke) {
  const int spacing = std::max(2, static_cast<int>(kNarrowestPiece * height));
  std::vector<Cut> cuts;
  for (int x = spacing; x <= mask.cols - spacing; x += std::max(1, spacing / 2)) {
    Cut cut = cheapest_cut(mask, x, spacing / 2);
    if (cut.cost <= kDearestCut * stroke) cuts.push_back(std::move(cut));
  }
  std::ranges::sort(cuts, {}, [](const Cut& cut) { return std::pair(cut.cost, cut.seam.front()); });
  std::vector<Seam> kept;
  for (Cut& cut : cuts) {
    const bool apart = std::ranges::all_of(kept, [&](const Seam& other) {
      int farthest = 0;
      for (std::size_t y = 0; y < other.size(); ++y) farthest = std::max(farthest, std::abs(other[y] - cut.seam[y]));
      const int middle = std::abs(other[other.size() / 2] - cut.seam[cut.seam.size() / 2]);
      return middle >= spacing && farthest >= spacing;
    });
    if (apart && kept.size() < kMaxCuts) kept.push_back(std::move(cut.seam));
  }
  std::ranges::sort(kept, {}, [](const Seam& seam) { return seam[seam.size() / 2]; });
  return kept;
}

Piece make_piece(const cv::Mat& mask, const Box& box, std::size_t character) {
  const cv::Rect inside = cv::boundingRect(mask);
  Piece piece{mask(inside).clone(),
              {box.x + inside.x, box.y + inside.y, inside.width, inside.height},
              cv::countNonZero(mask),
              character};
  return piece;
}

std::vector<Piece> split(const cv::Mat& mask, const Box& box, std::size_t character, const std::vector<Seam>& cuts) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    cv::Mat part(mask.size(), CV_8UC1, cv::Scalar(0));
    for (int y = 0; y < mask.rows; ++y) {
      const int begin = i == 0 ? 0 : cuts[i - 1][y];
      const int end = i == cuts.size() ? mask.cols : cuts[i][y];
      if (begin < end) mask(cv::Rect(begin, y, end - begin, 1)).copyTo(part(cv::Rect(begin, y, end - begin, 1)));
    }
    if (cv::countNonZero(part) > 0) pieces.push_back(make_piece(part, box, character));
  }
  return pieces;
}

double usual_height(const Row& row) {
  std::vector<int> heights;
  for (const Character& character : row) heights.push_back(character.box.height);
  std::ranges::nth_element(heights, heights.begin() + static_cast<std::ptrdiff_t>(heights.size() / 2));
  return heights[heights.size() / 2];
}

}  // namespace

std::vector<Piece> cut_into_pieces(const Row& row, const cv::Mat& labels) {
  const double height = usual_height(row);
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const Character& character = row[i];
    const cv::Mat mask = mask_of(character, labels);
    std::vector<Seam> cuts;
    const double own_height = std::min(height, static_cast<double>(character.box.height));
    if (character.box.width > kWidestDigit * own_height) {
      cuts = find_cuts(mask, own_height, std::max(1.0, stroke_of(character)));
    }
    for (Piece& piece : split(mask, character.box, i, cuts)) pieces.push_back(std::move(piece));
  }
  std::ranges::sort(pieces, {},
                    [](const Piece& piece) { return std::pair(2 * piece.box.x + piece.box.width, piece.box.y); });
  return pieces;
}

}  // namespace vidi::digits
