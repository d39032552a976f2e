#pragma once
// Where the values of a tensor lie, as counted over many pictures, and what 8 bits are best spent on.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace vidi::inference {

// The ends of what 8 bits tell apart; what is beyond them becomes the end.
struct Range {
  float low = 0;
  float high = 0;
};

// Counts values in equal parts of an interval around zero that doubles when a value lies outside of it. The order of
// the values does not matter. Not for several threads at once.
class ValueRange {
 public:
  void add(std::span<const float> values);

  [[nodiscard]] float least() const { return least_; }        // 0 at most
  [[nodiscard]] float greatest() const { return greatest_; }  // 0 at least

  // The ends that lose least in the sum of squared differences, when values are rounded to `levels` steps and what lies
  // outside is cut off: 0 to an end where no value is below zero, otherwise -end * (levels / 2) / (levels / 2 - 1) to
  // end, so that zero is one of them.
  [[nodiscard]] Range best(std::size_t levels) const;

 private:
  static constexpr std::size_t kParts = 4096;  // of each side of zero

  void widen(float to);
  [[nodiscard]] double loss(const Range& range, std::size_t levels) const;

  float limit_ = 1;  // a power of two
  float least_ = 0;
  float greatest_ = 0;
  std::array<std::uint64_t, 2 * kParts> counts_{};
};

}  // namespace vidi::inference
