#include "digits/contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "digits/scaling.hpp"

namespace vidi::digits {
namespace {

// The background changes slowly: it is estimated at this size.
constexpr int kBackgroundSide = 96;

int odd(double size) { return std::max(3, static_cast<int>(size) | 1); }

// The light of a whole picture: a second-order surface through most of its values, found by least squares whose
// weights fall with the distance (iteratively reweighted towards least absolute distance), so that ink counts little.
// 16-bit; the mean of the result is near that of the picture.
cv::Mat fit_slope(const cv::Mat& channel) {
  constexpr int kTerms = 6;
  const auto terms = [&](int x, int y) {
    const double u = 2.0 * x / std::max(1, channel.cols - 1) - 1;
    const double v = 2.0 * y / std::max(1, channel.rows - 1) - 1;
    return cv::Vec<double, kTerms>(1, u, v, u * u, u * v, v * v);
  };
  cv::Vec<double, kTerms> fit;
  fit[0] = cv::mean(channel)[0];
  constexpr int kRounds = 6;
  for (int round = 0; round < kRounds; ++round) {
    cv::Matx<double, kTerms, kTerms> normal = cv::Matx<double, kTerms, kTerms>::eye() * 1e-3;
    cv::Vec<double, kTerms> right;
    for (int y = 0; y < channel.rows; y += 2) {
      for (int x = 0; x < channel.cols; x += 2) {
        const auto term = terms(x, y);
        const double value = channel.at<std::uint8_t>(y, x);
        const double weight = 1 / (4 + std::abs(value - term.dot(fit)));
        right += weight * value * term;
        normal += weight * (term * term.t());
      }
    }
    fit = normal.solve(right, cv::DECOMP_CHOLESKY);
  }
  cv::Mat slope(channel.size(), CV_16SC1);
  for (int y = 0; y < slope.rows; ++y) {
    for (int x = 0; x < slope.cols; ++x)
      slope.at<std::int16_t>(y, x) = cv::saturate_cast<std::int16_t>(terms(x, y).dot(fit));
  }
  return slope;
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
constexpr float kDarkestPaper = 80;

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

// The median of a map is that of its noise: at most places there is no ink. Half of the noise lies on either side.
double estimate_noise(const cv::Mat& map) {
  std::array<std::size_t, 256> histogram{};
  std::size_t count = 0;
  const int step = std::max(1, std::max(map.cols, map.rows) / 500);
  for (int y = 0; y < map.rows; y += step) {
    const std::uint8_t* row = map.ptr(y);
    for (int x = 0; x < map.cols; x += step) {
      ++histogram[row[x]];
      ++count;
    }
  }
  // The third quarter of the noise's distribution, within the value's step so that pictures of little noise differ.
  const double wanted = 0.75 * static_cast<double>(count);
  double seen = 0;
  for (std::size_t value = 0; value < histogram.size(); ++value) {
    const auto here = static_cast<double>(histogram[value]);
    if (seen + here >= wanted && here > 0) {
      constexpr double kThirdQuarter = 0.6745;  // of a normal distribution, in standard deviations
      const double part = (wanted - seen) / here;
      return value == 0 ? 0 : (static_cast<double>(value) - 0.5 + part) / kThirdQuarter;
    }
    seen += here;
  }
  return 0;
}

// The usual step from a pixel to its neighbour, as the standard deviation of noise that makes such steps. Light and
// shadow make none.
double estimate_grain(const Contrast& contrast) {
  std::array<std::size_t, 512> histogram{};
  std::size_t count = 0;
  const int step = std::max(1, contrast.dark.rows / 300);
  for (int y = 0; y < contrast.dark.rows; y += step) {
    const std::uint8_t* dark = contrast.dark.ptr(y);
    const std::uint8_t* light = contrast.light.ptr(y);
    for (int x = 1; x < contrast.dark.cols; ++x) {
      ++histogram[static_cast<std::size_t>(std::abs((dark[x] - light[x]) - (dark[x - 1] - light[x - 1])))];
      ++count;
    }
  }
  std::size_t seen = 0;
  for (std::size_t value = 0; value < histogram.size(); ++value) {
    seen += histogram[value];
    constexpr double kMedianStep = 0.9539;  // of two normal values, in standard deviations: 0.6745 times root 2
    if (2 * seen >= count) return static_cast<double>(value) / kMedianStep;
  }
  return 0;
}

}  // namespace

cv::Mat estimate_background(const cv::Mat& picture) {
  const int longer = std::max(picture.cols, picture.rows);
  cv::Mat small = picture;
  if (longer > kBackgroundSide) {
    const double scale = static_cast<double>(kBackgroundSide) / longer;
    cv::resize(picture, small, scaled_size(picture, scale), 0, 0, cv::INTER_AREA);
  }
  // The part of the shorter side that the neighbourhood spans: ink covers less than half of it, and the edge of a
  // shadow stays an edge.
  constexpr double kReach = 0.5;
  const int side = std::min(255, odd(kReach * std::max(8, std::min(small.cols, small.rows))));
  std::vector<cv::Mat> channels;
  cv::split(small, channels);
  for (cv::Mat& channel : channels) {
    // What is left of a slope of the light would be taken for ink near the picture's edges.
    const cv::Mat slope = fit_slope(channel);
    cv::Mat level;
    cv::subtract(channel, slope, level, cv::noArray(), CV_16S);
    level.convertTo(level, CV_8U, 1, 128);
    cv::medianBlur(level, level, side);
    cv::add(level, slope, channel, cv::noArray(), CV_16S);
    channel.convertTo(channel, CV_8U, 1, -128);
  }
  cv::Mat background;
  cv::merge(channels, background);
  if (background.size() != picture.size()) cv::resize(background, background, picture.size(), 0, 0, cv::INTER_LINEAR);
  return background;
}

std::optional<TwoTones> find_two_tones(const cv::Mat& picture) {
  cv::Mat small = picture;
  const int longer = std::max(picture.cols, picture.rows);
  constexpr int kSide = 256;
  if (longer > kSide) {
    const double scale = static_cast<double>(kSide) / longer;
    cv::resize(picture, small, scaled_size(picture, scale), 0, 0, cv::INTER_AREA);
  }
  cv::Mat grey = small;
  if (small.channels() == 3) cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
  cv::Mat mask;
  cv::threshold(grey, mask, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  const double light_part = cv::countNonZero(mask) / static_cast<double>(grey.total());
  if (light_part == 0 || light_part == 1) return std::nullopt;

  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(grey, mean, deviation);
  const double step = cv::mean(grey, mask)[0] - cv::mean(grey, ~mask)[0];
  const double between = light_part * (1 - light_part) * step * step;
  constexpr double kClear = 0.75;
  constexpr double kLeastStep = 32;
  if (between < kClear * deviation[0] * deviation[0] || step < kLeastStep) return std::nullopt;
  return TwoTones{cv::mean(small, ~mask), cv::mean(small, mask), 1 - light_part};
}

Contrast measure_contrast(const cv::Mat& picture, const cv::Mat& background) {
  Contrast contrast{cv::Mat(picture.size(), CV_8UC1), cv::Mat(picture.size(), CV_8UC1), 0, 0};
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
  // Noise that compression or scaling has smoothed has a fraction of its steps left.
  const double most = 3 + 2.5 * estimate_grain(contrast);
  contrast.dark_noise = std::min(most, estimate_noise(contrast.dark));
  contrast.light_noise = std::min(most, estimate_noise(contrast.light));
  return contrast;
}

}  // namespace vidi::digits
