#include "evaluation/contact_sheet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "datasets/accuracy.hpp"

namespace vidi::evaluation {
namespace {

constexpr std::size_t kMostPictures = 500;
constexpr int kColumns = 10;
constexpr int kTile = 112;  // the side of an enlarged picture
constexpr int kGap = 8;
constexpr int kText = 18;  // the height of a line
constexpr int kHeading = 32;

const cv::Scalar kPaper(255, 255, 255);
const cv::Scalar kInk(32, 32, 32);
const cv::Scalar kWrong(176, 0, 32);

void write(cv::Mat& sheet, const std::string& text, cv::Point at, const cv::Scalar& color) {
  cv::putText(sheet, text, at, cv::FONT_HERSHEY_SIMPLEX, 0.45, color, 1, cv::LINE_AA);
}

// The picture's pixels stay sharp squares.
void draw(cv::Mat& sheet, const datasets::LabeledImages& images, const Misreading& misreading, cv::Point at) {
  const cv::Mat picture(static_cast<int>(images.rows), static_cast<int>(images.columns), CV_8UC1,
                        const_cast<std::uint8_t*>(images.image(misreading.index).data()));  // NOLINT: only read
  cv::Mat enlarged;
  cv::resize(picture, enlarged, {kTile, kTile}, 0, 0, cv::INTER_NEAREST);
  cv::Mat place = sheet(cv::Rect(at.x, at.y, kTile, kTile));
  cv::cvtColor(enlarged, place, cv::COLOR_GRAY2RGB);
  const int line = at.y + kTile + kText - 4;
  write(sheet, fmt::format("{} read as", misreading.label), {at.x, line}, kInk);
  write(sheet, misreading.answer.empty() ? "none" : misreading.answer.substr(0, 4), {at.x + 78, line}, kWrong);
  write(sheet, fmt::format("no. {}", misreading.index), {at.x, line + kText}, kInk);
}

}  // namespace

image::Image draw_contact_sheet(const datasets::LabeledImages& images, std::span<const Misreading> misreadings) {
  const auto shown = misreadings.first(std::min(misreadings.size(), kMostPictures));
  const int rows = (static_cast<int>(shown.size()) + kColumns - 1) / kColumns;
  constexpr int kRow = kTile + 2 * kText + kGap;
  image::Image result = image::make_image(kColumns * (kTile + kGap) + kGap, kHeading + rows * kRow + kGap, 3);
  cv::Mat sheet(result.height, result.width, CV_8UC3, result.pixels.data());
  sheet.setTo(kPaper);
  std::string heading = fmt::format("{} of {} pictures misread", datasets::with_thousands(misreadings.size()),
                                    datasets::with_thousands(images.size()));
  if (shown.size() < misreadings.size()) heading += fmt::format("; the first {}", shown.size());
  write(sheet, heading, {kGap, kHeading - 10}, kInk);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const int column = static_cast<int>(i) % kColumns;
    const int row = static_cast<int>(i) / kColumns;
    draw(sheet, images, shown[i], {kGap + column * (kTile + kGap), kHeading + row * kRow});
  }
  return result;
}

}  // namespace vidi::evaluation
