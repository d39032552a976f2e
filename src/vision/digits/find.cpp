#include "digits/find.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <span>
#include <utility>

#include "digits/blobs.hpp"
#include "digits/lines.hpp"
#include "digits/mnist_form.hpp"
#include "digits/normalize.hpp"
#include "digits/opencv_view.hpp"
#include "digits/paper.hpp"
#include "digits/pieces.hpp"
#include "digits/scaling.hpp"
#include "digits/views.hpp"

namespace vidi::digits {
namespace {

// A digit needs some pixels: a picture with a shorter side than this holds none.
constexpr int kLeastSide = 5;

// A picture with a longer side below this is enlarged: strokes must be some pixels wide.
constexpr int kWorkLeast = 100;

// Hardly anything but a digit comes in MNIST's form: the odds are raised sixfold. Of the last 5,000 training images the
// model would refuse 4 without that, and refuses none.
constexpr double kDoubtOfMnistForm = -1.8;

// Runs of so many pieces at most are tried as one digit.
constexpr std::size_t kMostPieces = 5;

// Pictures are searched side by side, each on one thread: OpenCV's own threads would only fight over the processors.
const bool kOneThread = [] {
  cv::setNumThreads(1);
  return true;
}();

Findings nothing(std::string reason) { return {{}, std::move(reason)}; }

struct WorkPicture {
  cv::Mat pixels;
  double scale = 1;  // of the work picture to the original
};

WorkPicture to_work_size(const image::Image& picture) {
  const cv::Mat view = view_of(picture);
  const int longer = std::max(picture.width, picture.height);
  WorkPicture work{view, 1};
  if (longer > kEnoughPixels) {
    work.scale = static_cast<double>(kEnoughPixels) / longer;
    cv::resize(view, work.pixels, scaled_size(view, work.scale), 0, 0, cv::INTER_AREA);
  } else if (longer < kWorkLeast) {
    const int times = (kWorkLeast + longer - 1) / longer;
    work.scale = times;
    cv::resize(view, work.pixels, scaled_size(view, work.scale), 0, 0, cv::INTER_CUBIC);
  }
  return work;
}

// The tones of some pieces alone, on black.
cv::Mat tone_of(std::span<const Piece> pieces, const Box& box, const cv::Mat& tone, const cv::Mat& all_ink) {
  constexpr int kMargin = 3;
  const cv::Rect picture(0, 0, tone.cols, tone.rows);
  const cv::Rect area =
      cv::Rect(box.x - kMargin, box.y - kMargin, box.width + 2 * kMargin, box.height + 2 * kMargin) & picture;
  cv::Mat mask(area.size(), CV_8UC1, cv::Scalar(0));
  for (const Piece& piece : pieces) {
    mask(cv::Rect(piece.box.x - area.x, piece.box.y - area.y, piece.box.width, piece.box.height)) |= piece.mask;
  }
  // The soft edge around the ink belongs to it, the ink of others does not.
  cv::Mat around;
  cv::dilate(mask, around, cv::getStructuringElement(cv::MORPH_RECT, {2 * kMargin - 1, 2 * kMargin - 1}));
  around.setTo(0, all_ink(area) & ~mask);
  cv::Mat result(area.size(), CV_8UC1, cv::Scalar(0));
  tone(area).copyTo(result, around);
  return result;
}

// Whether a run of pieces may be one digit.
bool may_be_digit(std::span<const Piece> pieces, const Box& box, double height) {
  if (pieces.size() == 1) return true;
  const bool one_character = pieces.front().character == pieces.back().character;
  const double tallest = std::max(height, static_cast<double>(box.height));
  constexpr double kWidestWhole = 1.7;
  if (one_character) return box.width <= kWidestWhole * tallest;
  // Parts of a broken digit are close to one another.
  constexpr double kWidestBroken = 1.1;
  constexpr double kGap = 0.12;
  if (box.width > kWidestBroken * tallest) return false;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (pieces[i].box.x - pieces[i - 1].box.right() > kGap * tallest) return false;
  }
  return true;
}

// Whether the ink of two pieces comes as near as a stroke is wide.
bool nearly_touch(const Piece& a, const Piece& b, double stroke) {
  const int reach = static_cast<int>(std::lround(stroke));
  const cv::Rect box_a(a.box.x, a.box.y, a.box.width, a.box.height);
  const cv::Rect box_b(b.box.x, b.box.y, b.box.width, b.box.height);
  const auto widened = [&](const cv::Rect& box) {
    return box + cv::Size(2 * reach, 2 * reach) - cv::Point(reach, reach);
  };
  const cv::Rect common = widened(box_a) & widened(box_b);
  if (common.empty()) return false;
  const auto ink_in_common = [&](const cv::Mat& mask, const cv::Rect& box) {
    cv::Mat ink(common.size(), CV_8UC1, cv::Scalar(0));
    const cv::Rect part = box & common;
    if (!part.empty()) mask(part - box.tl()).copyTo(ink(part - common.tl()));
    return ink;
  };
  return come_near(ink_in_common(a.mask, box_a), ink_in_common(b.mask, box_b), reach);
}

// For each piece whether the gap before it is no wider than that of a stroke that skipped.
std::vector<bool> find_skips(const std::vector<Piece>& pieces, const Row& row) {
  std::vector<bool> skips(pieces.size(), true);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const Piece& left = pieces[i - 1];
    const Piece& right = pieces[i];
    if (left.character == right.character) continue;
    const double stroke = std::min(stroke_of(row[left.character]), stroke_of(row[right.character]));
    skips[i] = nearly_touch(left, right, stroke);
  }
  return skips;
}

// Most characters are one digit, neither more nor less.
double doubt_of(std::span<const Piece> pieces, std::span<const Piece> before, std::span<const Piece> after,
                bool skipping) {
  constexpr double kApart = 0.5;
  constexpr double kSkipping = 0.12;
  constexpr double kCut = 0.12;
  const bool several = pieces.front().character != pieces.back().character;
  const bool cut = (!before.empty() && before.back().character == pieces.front().character) ||
                   (!after.empty() && after.front().character == pieces.back().character);
  double doubt = cut ? kCut : 0;
  if (several) doubt += skipping ? kSkipping : kApart;
  return doubt;
}

// What one search has found so far.
struct Search {
  int width;  // of the original picture
  int height;
  double scale;  // of the work picture to the original
  Findings findings;
  std::size_t budget = kMaxCandidates;
  int views = 0;
};

// `box` is one of the work picture.
Box to_original(const Box& box, const Search& search) {
  const int left = std::min(static_cast<int>(std::floor(box.x / search.scale)), search.width - 1);
  const int top = std::min(static_cast<int>(std::floor(box.y / search.scale)), search.height - 1);
  const int right = std::min(static_cast<int>(std::ceil(box.right() / search.scale)), search.width);
  const int bottom = std::min(static_cast<int>(std::ceil(box.bottom() / search.scale)), search.height);
  return {left, top, std::max(1, right - left), std::max(1, bottom - top)};
}

void offer(const Row& row, const View& view, double ink, Search& search) {
  const std::vector<Piece> pieces = cut_into_pieces(row, view.blobs.labels);
  const std::vector<bool> skips = find_skips(pieces, row);
  double height = 0;
  for (const Character& character : row) height = std::max(height, static_cast<double>(character.box.height));
  Line line;
  line.view = search.views;
  line.pieces = static_cast<int>(pieces.size());
  for (std::size_t first = 0; first < pieces.size(); ++first) {
    Box box = pieces[first].box;
    int area = 0;
    bool skipping = true;  // at every gap of the run
    for (std::size_t last = first + 1; last <= std::min(pieces.size(), first + kMostPieces); ++last) {
      const auto run = std::span(pieces).subspan(first, last - first);
      box = united(box, run.back().box);
      area += run.back().area;
      if (run.size() > 1) skipping = skipping && skips[last - 1];
      if (!may_be_digit(run, box, height) || search.budget == 0) continue;
      --search.budget;
      Candidate candidate;
      candidate.first = static_cast<int>(first);
      candidate.last = static_cast<int>(last);
      candidate.box = to_original({box.x + view.origin.x, box.y + view.origin.y, box.width, box.height}, search);
      candidate.ink = area / ink;
      candidate.doubt = doubt_of(run, std::span(pieces).first(first), std::span(pieces).subspan(last), skipping);
      candidate.form = normalize(tone_of(run, box, view.ink.tone, view.ink.mask));
      line.candidates.push_back(candidate);
    }
  }
  if (!line.candidates.empty()) search.findings.lines.push_back(std::move(line));
}

void offer(const View& view, Search& search) {
  double ink = 0;
  for (const Blob& blob : view.kept) ink += blob.area;
  for (const Row& row : arrange(view.kept, view.blobs.labels)) offer(row, view, ink, search);
  ++search.views;
}

}  // namespace

Findings find_digits(image::Image original) {
  if (std::min(original.width, original.height) < kLeastSide) {
    return nothing(fmt::format("the picture is too small to hold a digit: {}x{} pixels, at least {}x{} are needed",
                               original.width, original.height, kLeastSide, kLeastSide));
  }
  const image::Image picture = on_paper(std::move(original));
  if (picture.width == kFormSide && picture.height == kFormSide) {
    if (const auto form = as_mnist_form(image::to_gray(picture))) {
      return {{{0, 1, {{0, 1, {0, 0, kFormSide, kFormSide}, 1, kDoubtOfMnistForm, *form}}}}, {}};
    }
  }
  const WorkPicture work = to_work_size(picture);
  Search search{picture.width, picture.height, work.scale, {}};
  for (const View& view : find_views(work.pixels)) offer(view, search);
  if (search.findings.lines.empty()) {
    return nothing("the picture is blank: no ink stands out from the background");
  }
  return std::move(search.findings);
}

std::vector<const Form*> forms_of(const Findings& findings) {
  std::vector<const Form*> forms;
  for (const Line& line : findings.lines) {
    for (const Candidate& candidate : line.candidates) forms.push_back(&candidate.form);
  }
  return forms;
}

}  // namespace vidi::digits
