#pragma once
// How often each value occurs. Internal to this module.

#include <array>
#include <cstddef>
#include <opencv2/core/mat.hpp>

namespace vidi::digits {

using Histogram = std::array<std::size_t, 256>;

// Of a channel of 8 bits; where `where` is 0 nothing counts, and everything does when it is empty.
Histogram histogram_of(const cv::Mat& values, const cv::Mat& where = {});

// Of the outermost pixels; those in the corners count twice.
Histogram histogram_of_border(const cv::Mat& values);

// The part of what was counted that has values from `low` to `high`.
double part_between(const Histogram& histogram, int low, int high);

// The least value that at least `part` of what was counted does not exceed; 0 when nothing was.
int quantile(const Histogram& histogram, double part);

}  // namespace vidi::digits
