#pragma once
// What multinomial logistic regression minimizes, over chosen rows of a table. Internal to this module.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "statistics/logistic_regression.hpp"

namespace vidi::statistics {

// The mean over the rows of minus the logarithm of the probability of each row's class, and l2 / 2 times the sum of the
// squared weights.
//
// Parameters are those of columns less their means: for each class its weights, and its intercept last. So the
// intercept is free of what the weights are, and a column far from 0 slows nothing.
//
// Sums are in double precision, and the same whatever the number of threads. The rows must outlive it.
class LogisticLoss {
 public:
  // `chosen`: indices of rows; must outlive it. Error invalid_argument: a value that is not finite.
  static Result<LogisticLoss> create(const LabeledRows& labeled, std::span<const std::uint32_t> chosen,
                                     std::size_t threads);

  [[nodiscard]] std::size_t size() const { return labeled_.classes * (labeled_.rows.columns + 1); }

  double evaluate(std::span<const double> parameters, double l2, std::span<double> gradient) const;

  // The diagonal of the second derivatives, all of it above 0.
  void curvature(std::span<const double> parameters, double l2, std::span<double> diagonal) const;

  // Of columns as they are, with intercepts that sum to 0.
  [[nodiscard]] LogisticRegression::Parts to_parts(std::span<const double> parameters) const;
  [[nodiscard]] std::vector<double> from_parts(const LogisticRegression::Parts& parts) const;

 private:
  enum class Wanted { gradient, curvature };
  struct Block;

  LogisticLoss(const LabeledRows& labeled, std::span<const std::uint32_t> chosen, std::size_t threads)
      : labeled_(labeled), chosen_(chosen), threads_(threads), means_(labeled.rows.columns) {}

  [[nodiscard]] const float* row(std::size_t index) const {
    return labeled_.rows.values + std::size_t{chosen_[index]} * labeled_.rows.columns;
  }
  [[nodiscard]] std::size_t chunks() const;
  double add_block(Block& block, Wanted wanted, std::span<const double> parameters, std::span<double> sums) const;
  double sum(Wanted wanted, std::span<const double> parameters, std::span<double> sums) const;

  LabeledRows labeled_;
  std::span<const std::uint32_t> chosen_;
  std::size_t threads_;
  std::vector<double> means_;
};

}  // namespace vidi::statistics
