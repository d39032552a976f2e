#pragma once
// The minimum of a smooth function of many variables by L-BFGS. Internal to this module.

#include <cstddef>
#include <functional>
#include <span>

namespace vidi::statistics {

struct SmoothFunction {
  // The value at `x`; its gradient goes to `gradient`.
  std::function<double(std::span<const double> x, std::span<double> gradient)> evaluate;
  // About the diagonal of the second derivatives at `x`, all of them positive: what one unit of each variable is worth.
  std::function<void(std::span<const double> x, std::span<double> diagonal)> curvature;
};

struct MinimizeOptions {
  // Of the gradient's length, each entry divided by the root of its curvature: half its square is about what the value
  // is above the minimum.
  double tolerance = 1e-6;
  // What the value may be above the minimum, as a part of itself: enough too.
  double relative = 0;
  std::size_t max_iterations = 1000;
};

struct Minimized {
  double value = 0;
  std::size_t iterations = 0;
  std::size_t evaluations = 0;
  bool converged = false;  // false too where rounding lets the value fall no further
};

// Goes down from `x`, and leaves there what it reached. Two-loop recursion over the last 10 steps, begun with the
// inverse of the curvature (Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.4), and a line search for
// the strong Wolfe conditions (algorithms 3.5 and 3.6, with the minimum of the cubic as a trial).
Minimized minimize(const SmoothFunction& function, std::span<double> x, const MinimizeOptions& options);

}  // namespace vidi::statistics
