#include "digits/lines.hpp"

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>

namespace vidi::digits {
namespace {

// Of two ranges, how much they share.
int overlap(int begin_a, int end_a, int begin_b, int end_b) {
  return std::max(0, std::min(end_a, end_b) - std::max(begin_a, begin_b));
}

double overlap_across(const Box& a, const Box& b) {
  return static_cast<double>(overlap(a.x, a.right(), b.x, b.right())) / std::min(a.width, b.width);
}

double overlap_down(const Box& a, const Box& b) {
  return static_cast<double>(overlap(a.y, a.bottom(), b.y, b.bottom())) / std::min(a.height, b.height);
}

// Which sets have been joined (union-find).
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), 0U); }
  std::size_t of(std::size_t element) {
    while (parent_[element] != element) element = parent_[element] = parent_[parent_[element]];
    return element;
  }
  void join(std::size_t a, std::size_t b) { parent_[of(a)] = of(b); }

 private:
  std::vector<std::size_t> parent_;
};

void add(Character& character, const Blob& blob) {
  character.box = character.parts.empty() ? blob.box : united(character.box, blob.box);
  character.area += blob.area;
  character.parts.push_back(blob);
}

// Whether one lies just above the other: the halves of a broken digit, not digits of two rows.
bool stand_together(const Box& a, const Box& b) {
  constexpr double kShared = 0.5;
  constexpr double kGap = 0.12;
  const int gap = std::max(a.y, b.y) - std::min(a.bottom(), b.bottom());
  return overlap_across(a, b) > kShared && overlap_down(a, b) < 0.5 && gap < kGap * std::max(a.height, b.height);
}

// Whether the ink of one ends where that of the other, above or below it, begins: a stroke that was broken.
bool are_joined(const Blob& a, const Blob& b, const cv::Mat& labels) {
  // Both of the stroke's width. What is much lower than the other is a part of it rather than a digit of its own row.
  constexpr double kGap = 1.5;
  constexpr double kGapToPart = 2.2;
  constexpr double kPart = 0.7;
  if (overlap_down(a.box, b.box) >= 0.5) return false;
  const auto [lower, higher] = std::minmax(a.box.height, b.box.height);
  const double gap = lower < kPart * higher ? kGapToPart : kGap;
  const int reach = static_cast<int>(gap * std::min(a.width, b.width)) + 1;
  const cv::Rect around_a(a.box.x - reach, a.box.y - reach, a.box.width + 2 * reach, a.box.height + 2 * reach);
  const cv::Rect around_b(b.box.x - reach, b.box.y - reach, b.box.width + 2 * reach, b.box.height + 2 * reach);
  const cv::Rect common = around_a & around_b & cv::Rect(0, 0, labels.cols, labels.rows);
  if (common.empty()) return false;
  return come_near(labels(common) == a.label, labels(common) == b.label, reach);
}

std::vector<Character> characters_of(const std::vector<Blob>& tall, const cv::Mat& labels) {
  Groups groups(tall.size());
  for (std::size_t i = 0; i < tall.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (stand_together(tall[i].box, tall[j].box) || are_joined(tall[i], tall[j], labels)) groups.join(i, j);
    }
  }
  std::vector<Character> characters(tall.size());
  for (std::size_t i = 0; i < tall.size(); ++i) add(characters[groups.of(i)], tall[i]);
  std::erase_if(characters, [](const Character& character) { return character.parts.empty(); });
  return characters;
}

// The next character to the right of each one on about the same height is in the same row.
std::vector<Row> rows_of(std::vector<Character> characters) {
  std::ranges::sort(characters, {},
                    [](const Character& character) { return 2 * character.box.x + character.box.width; });
  Groups groups(characters.size());
  for (std::size_t i = 0; i < characters.size(); ++i) {
    for (std::size_t j = i + 1; j < characters.size(); ++j) {
      constexpr double kSameRow = 0.5;
      if (overlap_down(characters[i].box, characters[j].box) < kSameRow) continue;
      groups.join(i, j);
      break;
    }
  }
  std::vector<Row> rows(characters.size());
  for (std::size_t i = 0; i < characters.size(); ++i) rows[groups.of(i)].push_back(std::move(characters[i]));
  std::erase_if(rows, [](const Row& row) { return row.empty(); });
  return rows;
}

Box extent(const Row& row) {
  Box box = row.front().box;
  for (const Character& character : row) box = united(box, character.box);
  return box;
}

// How far a small part is from a character, in heights of the character; none when it cannot belong to it.
std::optional<double> distance(const Character& character, const Blob& part) {
  const int gap_x = std::max({0, part.box.x - character.box.right(), character.box.x - part.box.right()});
  const int gap_y = std::max({0, part.box.y - character.box.bottom(), character.box.y - part.box.bottom()});
  const double height = character.box.height;
  constexpr double kReachAcross = 0.22;
  constexpr double kReachDown = 0.3;
  if (gap_x > kReachAcross * height || gap_y > kReachDown * height) return std::nullopt;
  return (gap_x + gap_y) / height;
}

// Small parts join the nearest character: the top stroke of a 5, a broken stroke.
void join_parts(std::vector<Row>& rows, const std::vector<Blob>& small) {
  for (const Blob& part : small) {
    Character* nearest = nullptr;
    double best = 1e9;
    for (Row& row : rows) {
      for (Character& character : row) {
        const auto away = distance(character, part);
        if (away && *away < best) {
          best = *away;
          nearest = &character;
        }
      }
    }
    if (nearest != nullptr) add(*nearest, part);
  }
}

}  // namespace

double stroke_of(const Character& character) { return std::ranges::max(character.parts, {}, &Blob::area).width; }

Box united(const Box& a, const Box& b) {
  const int left = std::min(a.x, b.x);
  const int top = std::min(a.y, b.y);
  return {left, top, std::max(a.right(), b.right()) - left, std::max(a.bottom(), b.bottom()) - top};
}

std::vector<Row> arrange(const std::vector<Blob>& blobs, const cv::Mat& labels) {
  int highest = 0;
  for (const Blob& blob : blobs) highest = std::max(highest, blob.box.height);
  std::vector<Blob> tall;
  std::vector<Blob> small;
  for (const Blob& blob : blobs) {
    constexpr double kTall = 0.45;
    (blob.box.height >= kTall * highest ? tall : small).push_back(blob);
  }
  std::vector<Row> rows = rows_of(characters_of(tall, labels));
  std::ranges::sort(rows, {}, [](const Row& row) {
    const Box box = extent(row);
    return 2 * box.y + box.height;
  });
  std::ranges::sort(small, std::greater{}, &Blob::area);
  join_parts(rows, small);
  return rows;
}

}  // namespace vidi::digits
