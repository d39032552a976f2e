#include "statistics/minimize.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>
#include <utility>
#include <vector>

namespace vidi::statistics {
namespace {

using Vector = std::vector<double>;

constexpr std::size_t kMemory = 10;
constexpr std::size_t kNewCurvature = 10;  // iterations after which the curvature is asked for again
// Of the Wolfe conditions: a sufficient fall of the value, and a sufficiently smaller slope.
constexpr double kFall = 1e-4;
constexpr double kSlope = 0.9;

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// a + factor * b
void add_scaled(std::span<double> a, double factor, std::span<const double> b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

// What two successive points say of the second derivatives.
struct Correction {
  Vector step;
  Vector change;  // of the gradient
  double product = 0;
};

// How the function is along a line.
struct Trial {
  double step = 0;
  double value = 0;
  double slope = 0;
};

// The minimum of the cubic through two trials, kept off the ends of the interval.
double between(const Trial& a, const Trial& b) {
  const double low = std::min(a.step, b.step);
  const double width = std::abs(b.step - a.step);
  const double d = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const double square = d * d - a.slope * b.slope;
  double at = low + width / 2;
  if (square >= 0 && std::isfinite(square)) {
    const double root = std::copysign(std::sqrt(square), b.step - a.step);
    const double cubic = b.step - (b.step - a.step) * (b.slope + root - d) / (b.slope - a.slope + 2 * root);
    if (std::isfinite(cubic)) at = cubic;
  }
  return std::clamp(at, low + 0.1 * width, low + 0.9 * width);
}

class Search {
 public:
  Search(const SmoothFunction& function, std::span<double> x, Minimized& counts)
      : function_(function), x_(x), counts_(counts), gradient_(x.size()), start_(x.begin(), x.end()) {}

  // From a point with this value and gradient, to one that is lower. False: there is none to be found; x and gradient
  // are then those of the beginning.
  bool go(std::span<const double> direction, double value, Vector& gradient) {
    std::ranges::copy(x_, start_.begin());
    direction_ = direction;
    begin_ = {.step = 0, .value = value, .slope = dot(gradient, direction)};
    if (!(begin_.slope < 0)) return false;
    const bool found = bracket();
    if (!found) {
      std::ranges::copy(start_, x_.begin());
      return false;
    }
    std::swap(gradient, gradient_);
    return true;
  }

  [[nodiscard]] double value() const { return last_.value; }

 private:
  void try_step(double step) {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = start_[i] + step * direction_[i];
    const double value = function_.evaluate(x_, gradient_);
    ++counts_.evaluations;
    last_ = {.step = step, .value = value, .slope = dot(gradient_, direction_)};
  }

  // Rounding hides falls that are smaller than it.
  [[nodiscard]] bool is_high(const Trial& trial) const {
    const double rounding = 1e-15 * std::abs(begin_.value);
    return !(trial.value <= begin_.value + kFall * trial.step * begin_.slope + rounding);
  }
  [[nodiscard]] bool is_flat(const Trial& trial) const { return std::abs(trial.slope) <= -kSlope * begin_.slope; }

  // Algorithm 3.5.
  bool bracket() {
    constexpr int kMostTrials = 20;
    Trial before = begin_;
    double step = 1;
    for (int trial = 0; trial < kMostTrials; ++trial) {
      try_step(step);
      if (is_high(last_) || (trial > 0 && last_.value >= before.value)) return zoom(before, last_);
      if (is_flat(last_)) return true;
      if (last_.slope >= 0) return zoom(last_, before);
      before = last_;
      step *= 2;
    }
    return true;
  }

  // Algorithm 3.6: `low` has the lower value, and the minimum lies between.
  bool zoom(Trial low, Trial high) {
    constexpr int kMostTrials = 30;
    for (int trial = 0; trial < kMostTrials; ++trial) {
      const bool is_finite = std::isfinite(high.value) && std::isfinite(high.slope);
      try_step(is_finite ? between(low, high) : low.step + (high.step - low.step) / 10);
      if (is_high(last_) || last_.value >= low.value) {
        high = last_;
      } else {
        if (is_flat(last_)) return true;
        if (last_.slope * (high.step - low.step) >= 0) high = low;
        low = last_;
      }
      if (std::abs(high.step - low.step) <= 1e-12 * std::max(high.step, low.step)) break;
    }
    if (low.step == 0) return false;
    try_step(low.step);
    return true;
  }

  const SmoothFunction& function_;
  std::span<double> x_;
  Minimized& counts_;
  Vector gradient_;
  Vector start_;
  std::span<const double> direction_;
  Trial begin_;
  Trial last_;
};

// Of a quadratic function: minus the inverse of its second derivatives times the gradient.
Vector descent(const std::deque<Correction>& corrections, std::span<const double> gradient,
               std::span<const double> curvature) {
  Vector direction(gradient.begin(), gradient.end());
  Vector factors(corrections.size());
  for (std::size_t i = corrections.size(); i-- > 0;) {
    factors[i] = dot(corrections[i].step, direction) / corrections[i].product;
    add_scaled(direction, -factors[i], corrections[i].change);
  }
  double scale = 1;
  if (!corrections.empty()) {
    const Vector& change = corrections.back().change;
    double length = 0;
    for (std::size_t i = 0; i < change.size(); ++i) length += change[i] * change[i] / curvature[i];
    scale = corrections.back().product / length;
  }
  for (std::size_t i = 0; i < direction.size(); ++i) direction[i] *= scale / curvature[i];
  for (std::size_t i = 0; i < corrections.size(); ++i) {
    const double factor = dot(corrections[i].change, direction) / corrections[i].product;
    add_scaled(direction, factors[i] - factor, corrections[i].step);
  }
  for (double& each : direction) each = -each;
  return direction;
}

double scaled_length(std::span<const double> gradient, std::span<const double> curvature) {
  double sum = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) sum += gradient[i] * gradient[i] / curvature[i];
  return std::sqrt(sum);
}

}  // namespace

Minimized minimize(const SmoothFunction& function, std::span<double> x, const MinimizeOptions& options) {
  Minimized result;
  Vector gradient(x.size());
  Vector curvature(x.size());
  result.value = function.evaluate(x, gradient);
  result.evaluations = 1;
  std::deque<Correction> corrections;
  Search search(function, x, result);
  for (;; ++result.iterations) {
    if (result.iterations % kNewCurvature == 0) function.curvature(x, curvature);
    const double length = scaled_length(gradient, curvature);
    result.converged = length <= options.tolerance || length * length / 2 <= options.relative * std::abs(result.value);
    if (result.converged || result.iterations == options.max_iterations) return result;
    Correction now{.step = Vector(x.begin(), x.end()), .change = gradient};
    if (!search.go(descent(corrections, gradient, curvature), result.value, gradient)) {
      // What was remembered may mislead: once more without it.
      if (corrections.empty()) return result;
      corrections.clear();
      continue;
    }
    result.value = search.value();
    for (std::size_t i = 0; i < x.size(); ++i) {
      now.step[i] = x[i] - now.step[i];
      now.change[i] = gradient[i] - now.change[i];
    }
    now.product = dot(now.step, now.change);
    if (!(now.product > 0)) continue;
    if (corrections.size() == kMemory) corrections.pop_front();
    corrections.push_back(std::move(now));
  }
}

}  // namespace vidi::statistics
