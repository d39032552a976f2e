#pragma once
// Something that grows with a job on a straight line. Internal to this module.

#include <span>

namespace vidi::costs {

struct Growth {
  double fixed = 0;  // what a job of any size has
  double each = 0;   // what each picture adds
};

// A measured amount: fixed * parts + each * pictures, as far as it lies on the line.
struct Point {
  double parts = 1;     // how many times the fixed part is in it
  double pictures = 0;  // greater than 0
  double amount = 0;    // at least 0
};

// Sizes (pictures / parts) that differ by less are too alike for a line through them.
inline constexpr double kLeastRatioOfSizes = 1.25;

// Whether the largest size is at least that many times the smallest. `points` is not empty.
bool differ_in_size(std::span<const Point> points);

// The line with the least sum of squares of errors relative to the amounts, of those whose parts are both at least 0.
// An amount below 1 weighs as 1 does. The points must differ in size.
Growth fit_growth(std::span<const Point> points);

// The same, where the fixed part is known; `each` is negative where it takes more than there is. One point is enough.
Growth fit_growth_above(double fixed, std::span<const Point> points);

}  // namespace vidi::costs
