#include "digits/sheet.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "digits/blobs.hpp"
#include "digits/contrast.hpp"
#include "digits/histogram.hpp"
#include "digits/scaling.hpp"

namespace vidi::digits {
namespace {

// A sheet is looked for at this size.
constexpr int kSide = 256;

// Of the picture.
constexpr double kLeastPart = 0.12;
constexpr double kMostPart = 0.92;
// Of the picture's border: more is the ground on which everything lies.
constexpr double kMostOfBorder = 0.6;
// Writing covers little of a sheet, and what lies around it is of another brightness: else it is a drawn box.
constexpr double kLeastFilled = 0.75;
constexpr double kMostLikeIt = 0.3;
// Of the sheet's shorter side: its edge, and the shadow beside it.
constexpr double kRim = 0.03;

// What is brighter than the rest by this much, of 255, is a surface of its own and no light on one. When it is this
// part of the picture and of its border too, and the picture is no drawing, it may have any outline.
constexpr double kPlainStep = 90;
constexpr double kLeastPlainPart = 0.3;
constexpr double kLeastPlainBorder = 0.003;

// The largest outline in the mask, filled, when it is a sheet's.
std::optional<cv::Mat> sheet_in(const cv::Mat& mask, bool plain) {
  std::vector<Outline> outlines;
  cv::findContours(mask, outlines, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE);
  if (outlines.empty()) return std::nullopt;
  const Outline& largest =
      *std::ranges::max_element(outlines, {}, [](const Outline& each) { return cv::contourArea(each); });
  const double part = cv::contourArea(largest) / static_cast<double>(mask.total());
  if (part < kLeastPart || part > kMostPart) return std::nullopt;
  Outline edge = largest;
  if (has_four_sides(largest)) {
    cv::convexHull(largest, edge);
  } else if (!plain || part < kLeastPlainPart ||
             part_between(histogram_of_border(mask), 255, 255) < kLeastPlainBorder) {
    return std::nullopt;
  }
  cv::Mat sheet(mask.size(), CV_8UC1, cv::Scalar(0));
  cv::fillPoly(sheet, edge, cv::Scalar(255));
  if (part_between(histogram_of_border(sheet), 255, 255) > kMostOfBorder) return std::nullopt;
  const double filled = cv::countNonZero(mask & sheet) / static_cast<double>(cv::countNonZero(sheet));
  const double like_it = cv::countNonZero(mask & ~sheet) / static_cast<double>(cv::countNonZero(~sheet));
  if (filled < kLeastFilled || like_it > kMostLikeIt) return std::nullopt;
  return sheet;
}

cv::Scalar color_of(const cv::Mat& picture, const cv::Mat& sheet) {
  std::vector<cv::Mat> channels;
  cv::split(picture, channels);
  cv::Scalar color;
  for (std::size_t i = 0; i < channels.size(); ++i)
    color[static_cast<int>(i)] = quantile(histogram_of(channels[i], sheet), 0.5);
  return color;
}

cv::Mat gray_of(const cv::Mat& picture) {
  cv::Mat gray = picture;
  if (picture.channels() == 3) cv::cvtColor(picture, gray, cv::COLOR_RGB2GRAY);
  return gray;
}

}  // namespace

std::optional<Sheet> find_sheet(const cv::Mat& picture) {
  const cv::Mat small = reduced(picture, kSide);
  const cv::Mat gray = gray_of(small);
  cv::Mat light;
  cv::threshold(gray, light, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  // The grain that tells a photo from a drawing is lost in the small picture.
  const bool plain = cv::mean(gray, light)[0] - cv::mean(gray, ~light)[0] > kPlainStep &&
                     !find_flat_paper(gray_of(picture)).has_value();
  auto sheet = sheet_in(light, plain);
  if (!sheet) sheet = sheet_in(~light, plain);
  if (!sheet) return std::nullopt;
  const cv::Scalar color = color_of(small, *sheet);
  const cv::Rect box = cv::boundingRect(*sheet);
  const int rim = 1 + static_cast<int>(kRim * std::min(box.width, box.height));
  // What lies beyond the picture's edge is no rim.
  cv::erode(*sheet, *sheet, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * rim + 1, 2 * rim + 1}), {-1, -1}, 1,
            cv::BORDER_CONSTANT, cv::Scalar(255));
  if (cv::countNonZero(*sheet) == 0) return std::nullopt;
  cv::Mat whole;
  cv::resize(*sheet, whole, picture.size(), 0, 0, cv::INTER_NEAREST);
  Sheet result;
  result.box = cv::boundingRect(whole);
  result.around = ~whole(result.box);
  result.picture = picture(result.box).clone();
  result.picture.setTo(color, result.around);
  return result;
}

}  // namespace vidi::digits
