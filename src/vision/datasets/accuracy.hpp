#pragma once
// How often a model was right, and how sure that number is.

#include <cstddef>
#include <string>

namespace vidi::datasets {

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

struct Accuracy {
  std::size_t correct = 0;
  std::size_t count = 0;

  [[nodiscard]] double fraction() const;  // 0 when nothing was counted
};

// The 95 % score interval (Wilson 1927, "Probable inference, the law of succession, and statistical inference").
Interval wilson_interval(const Accuracy& accuracy);

// "92.51 % of 10,000 test images (95 % interval 91.98 to 93.01)"
std::string describe(const Accuracy& accuracy);

// "10,000"
std::string with_thousands(std::size_t count);

}  // namespace vidi::datasets
