#include "digits/histogram.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

namespace vidi::digits {
namespace {

double total_of(const Histogram& histogram) {
  return static_cast<double>(std::accumulate(histogram.begin(), histogram.end(), std::size_t{0}));
}

}  // namespace

Histogram histogram_of(const cv::Mat& values, const cv::Mat& where) {
  Histogram histogram{};
  for (int y = 0; y < values.rows; ++y) {
    const std::uint8_t* value = values.ptr(y);
    const std::uint8_t* counts = where.empty() ? nullptr : where.ptr(y);
    for (int x = 0; x < values.cols; ++x) {
      if (counts == nullptr || counts[x] != 0) ++histogram[value[x]];
    }
  }
  return histogram;
}

Histogram histogram_of_border(const cv::Mat& values) {
  Histogram histogram{};
  for (const cv::Mat& side : {values.row(0), values.row(values.rows - 1), values.col(0), values.col(values.cols - 1)}) {
    std::ranges::transform(histogram, histogram_of(side), histogram.begin(), std::plus{});
  }
  return histogram;
}

double part_between(const Histogram& histogram, int low, int high) {
  if (low > high) return 0;
  const std::size_t between = std::accumulate(histogram.begin() + std::max(low, 0),
                                              histogram.begin() + std::min(high, 255) + 1, std::size_t{0});
  return static_cast<double>(between) / std::max(1.0, total_of(histogram));
}

int quantile(const Histogram& histogram, double part) {
  const double wanted = part * total_of(histogram);
  double seen = 0;
  for (int value = 0; value < 256; ++value) {
    seen += static_cast<double>(histogram[static_cast<std::size_t>(value)]);
    if (seen > 0 && seen >= wanted) return value;
  }
  return 0;
}

}  // namespace vidi::digits
