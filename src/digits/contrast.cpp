#include "digits/contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace vidi::digits {
namespace {

// The background changes slowly: it is estimated at this size.
constexpr int kBackgroundSide = 96;

int odd(double size) { return std::max(3, static_cast<int>(size) | 1); }

// The median of a wide neighbourhood: ink covers less than half of it, and the edge of a shadow stays an edge.
cv::Mat estimate_background(const cv::Mat& picture) {
  const int longer = std::max(picture.cols, picture.rows);
  cv::Mat small = picture;
  if (longer > kBackgroundSide) {
    const double scale = static_cast<double>(kBackgroundSide) / longer;
    cv::resize(picture, small, {}, scale, scale, cv::INTER_AREA);
  }
  // The part of the shorter side that the neighbourhood spans.
  constexpr double kReach = 0.6;
  const int side = odd(kReach * std::max(8, std::min(small.cols, small.rows)));
  cv::Mat background;
  cv::medianBlur(small, background, std::min(side, 255));
  if (background.size() != picture.size()) cv::resize(background, background, picture.size(), 0, 0, cv::INTER_LINEAR);
  return background;
}

using Direction = std::array<float, 3>;

// The direction of colour in which the picture lies farthest from its background, of length 1.
Direction principal_direction(const cv::Mat& picture, const cv::Mat& background) {
  std::array<std::array<double, 3>, 3> covariance{};
  const int step = std::max(1, std::max(picture.cols, picture.rows) / 400);
  for (int y = 0; y < picture.rows; y += step) {
    const auto* pixel = picture.ptr<cv::Vec3b>(y);
    const auto* paper = background.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; x += step) {
      std::array<double, 3> difference{};
      for (int c = 0; c < 3; ++c) difference[c] = static_cast<double>(paper[x][c]) - pixel[x][c];
      for (int a = 0; a < 3; ++a) {
        for (int b = 0; b < 3; ++b) covariance[a][b] += difference[a] * difference[b];
      }
    }
  }
  std::array<double, 3> direction{1, 1, 1};
  for (int round = 0; round < 20; ++round) {
    std::array<double, 3> next{};
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 3; ++b) next[a] += covariance[a][b] * direction[b];
    }
    const double length = std::sqrt(next[0] * next[0] + next[1] * next[1] + next[2] * next[2]);
    if (length < 1e-9) break;
    for (int a = 0; a < 3; ++a) direction[a] = next[a] / length;
  }
  const double length =
      std::sqrt(direction[0] * direction[0] + direction[1] * direction[1] + direction[2] * direction[2]);
  const double sign = direction[0] + direction[1] + direction[2] < 0 ? -1 : 1;
  Direction result{};
  for (int a = 0; a < 3; ++a) result[a] = static_cast<float>(sign * direction[a] / length);
  return result;
}

struct Row {
  const std::uint8_t* picture;
  const std::uint8_t* background;
  std::uint8_t* dark;
  std::uint8_t* light;
  int width;
};

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::min(value, 255.0F)); }

// A background darker than this is not taken for a shadow alone.
constexpr float kDarkestPaper = 48;

void put(float difference, float paper, std::uint8_t& dark, std::uint8_t& light) {
  if (difference > 0) {
    dark = to_byte(difference * 255.0F / std::max(paper, kDarkestPaper));
    light = 0;
  } else {
    dark = 0;
    light = to_byte(-difference);
  }
}

void contrast_of_grey(const Row& row) {
  for (int x = 0; x < row.width; ++x) {
    const auto paper = static_cast<float>(row.background[x]);
    put(paper - static_cast<float>(row.picture[x]), paper, row.dark[x], row.light[x]);
  }
}

// `direction` scaled so that black on white is 255.
void contrast_of_colour(const Row& row, const Direction& direction) {
  for (int x = 0; x < row.width; ++x) {
    float difference = 0;
    float paper = 0;
    for (int c = 0; c < 3; ++c) {
      const auto value = static_cast<float>(row.background[3 * x + c]);
      difference += direction[c] * (value - static_cast<float>(row.picture[3 * x + c]));
      paper = std::max(paper, value);
    }
    put(difference, paper, row.dark[x], row.light[x]);
  }
}

// The median of what differs from the background a little is that of its noise.
double estimate_noise(const Contrast& contrast) {
  std::array<std::size_t, 256> histogram{};
  std::size_t count = 0;
  const int step = std::max(1, std::max(contrast.dark.cols, contrast.dark.rows) / 500);
  for (int y = 0; y < contrast.dark.rows; y += step) {
    for (int x = 0; x < contrast.dark.cols; x += step) {
      ++histogram[std::max(contrast.dark.at<std::uint8_t>(y, x), contrast.light.at<std::uint8_t>(y, x))];
      ++count;
    }
  }
  std::size_t seen = 0;
  for (std::size_t value = 0; value < histogram.size(); ++value) {
    const std::size_t before = seen;
    seen += histogram[value];
    if (2 * seen >= count) {
      // Within the value's step, so that pictures of little noise differ.
      const double part = (static_cast<double>(count) / 2 - static_cast<double>(before)) /
                          static_cast<double>(std::max<std::size_t>(1, histogram[value]));
      return 1.4826 * (value == 0 ? 0 : static_cast<double>(value) - 0.5 + part);
    }
  }
  return 0;
}

}  // namespace

Contrast measure_contrast(const cv::Mat& picture) {
  const cv::Mat background = estimate_background(picture);
  Contrast contrast{cv::Mat(picture.size(), CV_8UC1), cv::Mat(picture.size(), CV_8UC1), 0};
  Direction direction{};
  if (picture.channels() == 3) {
    direction = principal_direction(picture, background);
    const float sum = std::abs(direction[0]) + std::abs(direction[1]) + std::abs(direction[2]);
    // The unit: a full step in every channel along the direction.
    for (float& part : direction) part /= sum;
  }
  for (int y = 0; y < picture.rows; ++y) {
    const Row row{picture.ptr(y), background.ptr(y), contrast.dark.ptr(y), contrast.light.ptr(y), picture.cols};
    if (picture.channels() == 3) {
      contrast_of_colour(row, direction);
    } else {
      contrast_of_grey(row);
    }
  }
  contrast.noise = estimate_noise(contrast);
  return contrast;
}

}  // namespace vidi::digits
