#include "digits/contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "digits/histogram.hpp"
#include "digits/scaling.hpp"

namespace vidi::digits {
namespace {

// The background changes slowly: it is estimated at this size.
constexpr int kBackgroundSide = 64;

int odd(double size) { return std::max(3, static_cast<int>(size) | 1); }

// The light of a whole picture: a second-order surface through most of its values, found by least squares whose
// weights fall with the distance (iteratively reweighted towards least absolute distance), so that ink counts little.
// 16-bit; the mean of the result is near that of the picture.
cv::Mat fit_slope(const cv::Mat& channel) {
  constexpr int kTerms = 6;
  constexpr int kStep = 3;  // every third pixel each way will do
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
    for (int y = 0; y < channel.rows; y += kStep) {
      for (int x = 0; x < channel.cols; x += kStep) {
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

// The direction of color in which the picture lies farthest from its background, of length 1.
Direction principal_direction(const cv::Mat& picture, const cv::Mat& background) {
  std::array<std::array<double, 3>, 3> covariance{};
  for (int y = 0; y < picture.rows; ++y) {
    const auto* pixel = picture.ptr<cv::Vec3b>(y);
    const auto* paper = background.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
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

// The values along a direction, 8 bits: those of a direction with negative parts are moved and narrowed to fit.
cv::Mat project(const cv::Mat& picture, const Direction& direction) {
  float sum = 0;
  float negative = 0;
  for (const float part : direction) {
    sum += std::abs(part);
    negative += std::max(0.0F, -part);
  }
  const cv::Matx14f map(direction[0] / sum, direction[1] / sum, direction[2] / sum, 255 * negative / sum);
  cv::Mat gray;
  cv::transform(picture, gray, map);
  return gray;
}

bool is_gray(const cv::Mat& picture) {
  constexpr int kSame = 2;
  for (int y = 0; y < picture.rows; ++y) {
    const auto* pixel = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      if (std::abs(pixel[x][0] - pixel[x][1]) > kSame || std::abs(pixel[x][1] - pixel[x][2]) > kSame) return false;
    }
  }
  return true;
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

// The usual step from a pixel to its neighbor, as the standard deviation of noise that makes such steps. Light and
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

// Of a small picture. The part of the shorter side that the neighborhood spans is such that ink covers less than half
// of it, and the edge of a shadow stays an edge.
cv::Mat estimate_background(const cv::Mat& small) {
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
  return background;
}

// A background darker than this is not taken for a shadow alone.
constexpr int kDarkestPaper = 80;

// What to multiply a difference from paper of that value by, in 1/256.
std::array<int, 256> shadow_factors(bool is_light) {
  std::array<int, 256> factors{};
  for (int paper = 0; paper < 256; ++paper)
    factors[paper] = is_light ? 255 * 256 / std::max(paper, kDarkestPaper) : 256;
  return factors;
}

}  // namespace

Tones find_tones(const cv::Mat& picture) {
  Tones tones{picture, {}};
  if (picture.channels() == 1) return tones;
  const cv::Mat small = reduced(picture, kBackgroundSide);
  if (is_gray(small)) {
    cv::extractChannel(picture, tones.gray, 1);
    return tones;
  }
  const cv::Mat colored = estimate_background(small);
  const Direction direction = principal_direction(small, colored);
  tones.gray = project(picture, direction);
  tones.paper = project(colored, direction);
  tones.is_light = std::ranges::all_of(direction, [](float part) { return part > -0.1F; });
  return tones;
}

cv::Mat find_wide_background(const Tones& tones) {
  const cv::Mat paper = tones.paper.empty() ? estimate_background(reduced(tones.gray, kBackgroundSide)) : tones.paper;
  cv::Mat background;
  cv::resize(paper, background, tones.gray.size(), 0, 0, cv::INTER_LINEAR);
  return background;
}

cv::Mat find_near_background(const cv::Mat& gray, bool dark_strokes) {
  constexpr int kSide = 160;
  constexpr double kWidestStroke = 0.1;
  cv::Mat small;  // its own pixels: a small picture is not copied by being reduced
  cv::GaussianBlur(reduced(gray, kSide), small, {3, 3}, 0);
  const int reach = odd(kWidestStroke * std::min(small.cols, small.rows));
  const cv::Mat brush = cv::getStructuringElement(cv::MORPH_ELLIPSE, {reach, reach});
  cv::morphologyEx(small, small, dark_strokes ? cv::MORPH_CLOSE : cv::MORPH_OPEN, brush);
  cv::blur(small, small, {reach / 2 + 1, reach / 2 + 1});
  cv::Mat background;
  cv::resize(small, background, gray.size(), 0, 0, cv::INTER_LINEAR);
  return background;
}

std::optional<TwoTones> find_two_tones(const cv::Mat& gray) {
  constexpr int kSide = 256;
  const cv::Mat small = reduced(gray, kSide);
  cv::Mat mask;
  cv::threshold(small, mask, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
  const double light_part = cv::countNonZero(mask) / static_cast<double>(small.total());
  if (light_part == 0 || light_part == 1) return std::nullopt;

  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(small, mean, deviation);
  const TwoTones tones{cv::mean(small, ~mask)[0], cv::mean(small, mask)[0], 1 - light_part, false};
  const double step = tones.light - tones.dark;
  const double clarity = light_part * (1 - light_part) * step * step / (deviation[0] * deviation[0]);
  constexpr double kClear = 0.75;
  constexpr double kFlat = 0.95;
  constexpr double kLeastStep = 32;
  if (clarity < kClear || step < kLeastStep) return std::nullopt;
  return TwoTones{tones.dark, tones.light, tones.dark_part, clarity > kFlat};
}

std::optional<FlatPaper> find_flat_paper(const cv::Mat& gray) {
  constexpr int kNear = 2;  // of 255: what compression leaves of one value
  constexpr double kLeastOfBorder = 0.5;
  constexpr double kLeastOfPicture = 0.15;
  constexpr double kMostBeyond = 0.002;
  const Histogram border = histogram_of_border(gray);
  const auto mode = static_cast<int>(std::ranges::max_element(border) - border.begin());
  const Histogram all = histogram_of(gray);
  const int low = std::max(0, mode - kNear);
  const int high = std::min(255, mode + kNear);
  if (part_between(border, low, high) < kLeastOfBorder) return std::nullopt;
  if (part_between(all, low, high) < kLeastOfPicture) return std::nullopt;
  if (part_between(all, high + 2 * kNear, 255) <= kMostBeyond) return FlatPaper{static_cast<double>(mode), true};
  if (part_between(all, 0, low - 2 * kNear) <= kMostBeyond) return FlatPaper{static_cast<double>(mode), false};
  return std::nullopt;
}

Contrast measure_contrast(const Tones& tones, const cv::Mat& background) {
  const cv::Size size = tones.gray.size();
  Contrast contrast{cv::Mat(size, CV_8UC1), cv::Mat(size, CV_8UC1)};
  const std::array<int, 256> factors = shadow_factors(tones.is_light);
  for (int y = 0; y < size.height; ++y) {
    const std::uint8_t* gray = tones.gray.ptr(y);
    const std::uint8_t* paper = background.ptr(y);
    std::uint8_t* dark = contrast.dark.ptr(y);
    std::uint8_t* light = contrast.light.ptr(y);
    for (int x = 0; x < size.width; ++x) {
      const int difference = paper[x] - gray[x];
      dark[x] = static_cast<std::uint8_t>(std::clamp(difference * factors[paper[x]] / 256, 0, 255));
      light[x] = static_cast<std::uint8_t>(std::max(-difference, 0));
    }
  }
  return contrast;
}

Noise measure_noise(const Contrast& contrast) {
  // Noise that compression or scaling has smoothed has a fraction of its steps left.
  const double most = 3 + 2.5 * estimate_grain(contrast);
  return {std::min(most, estimate_noise(contrast.dark)), std::min(most, estimate_noise(contrast.light))};
}

}  // namespace vidi::digits
