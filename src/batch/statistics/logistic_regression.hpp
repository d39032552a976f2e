#pragma once
// Multinomial logistic regression: the probability of each class is the softmax of sums over a row's columns.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "statistics/moments.hpp"

namespace vidi::statistics {

// Borrowed.
struct LabeledRows {
  FloatRows rows;
  std::span<const std::uint32_t> labels;  // of each row, 0 to classes - 1
  std::size_t classes = 0;
};

// Minimizes the mean over the rows of -log(probability of the row's class) plus l2 / 2 times the sum of all squared
// weights; intercepts are free. scikit-learn's C is 1 / (rows * l2). With two classes there are two sets of weights,
// each the negative of the other: scikit-learn, which then keeps one set, has their difference with half the l2.
//
// Columns are taken as they are: nothing is standardized, so the unit of a column decides how much the penalty weighs
// on it. (Inside, columns are centered and the search is scaled by the second derivatives, which changes how fast the
// minimum is found and not where it is.) By L-BFGS, in double precision; the same rows give the same result, to the
// last bit on the same kind of processor, whatever the number of threads.
//
// Any number of threads may use one.
class LogisticRegression {
 public:
  struct Options {
    double l2 = 1e-4;  // 0 or more; with 0, classes that a plane separates have no minimum
    // Half its square is about what the minimized value may be above its minimum, in nats a row.
    double tolerance = 1e-5;
    std::size_t max_iterations = 1000;
    std::size_t threads = 0;  // 0: one a processor
  };

  // What was kept elsewhere.
  struct Parts {
    std::vector<double> weights;     // class after class, each as long as a row
    std::vector<double> intercepts;  // of each class
  };

  // Goes from `start`, the result for another l2 for example, and else from 0. Errors invalid_argument: fewer than two
  // classes, a label outside them, a class without a row, a value that is not finite, another size of `start`, l2 or
  // tolerance below 0; internal: no convergence in that many iterations.
  static Result<LogisticRegression> fit(const LabeledRows& labeled, const Options& options,
                                        const LogisticRegression* start = nullptr);

  // Error invalid_argument: lengths that do not belong together, or a number that is not finite.
  static Result<LogisticRegression> from(Parts parts);

  // `out`: rows.count rows of classes() probabilities. Error invalid_argument: another number of columns, or another
  // size of `out`.
  Result<void> probabilities(const FloatRows& rows, std::span<float> out, std::size_t threads = 0) const;

  [[nodiscard]] std::size_t classes() const { return parts_.intercepts.size(); }
  [[nodiscard]] std::size_t columns() const { return parts_.weights.size() / classes(); }
  [[nodiscard]] std::span<const double> weights() const { return parts_.weights; }
  [[nodiscard]] std::span<const double> intercepts() const { return parts_.intercepts; }
  [[nodiscard]] std::size_t iterations() const { return iterations_; }  // that the fit took

 private:
  explicit LogisticRegression(Parts parts) : parts_(std::move(parts)) {}

  Parts parts_;
  std::size_t iterations_ = 0;
};

// Errors as LogisticRegression::fit() has for the same, but for a class without a row. Internal to this module.
Result<void> check_labeled(const LabeledRows& labeled, const LogisticRegression::Options& options);

}  // namespace vidi::statistics
