#pragma once
// How well logistic regression does on rows that it has not seen, and how strong its penalty should be.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "statistics/logistic_regression.hpp"

namespace vidi::statistics {

// A fold for each row, 0 to `folds` - 1. Rows whose groups have the same name are in one fold, as variants of one
// picture must be: else what is held out would have been seen. The groups of each label (of their first rows) are
// spread evenly, in an order that follows from the names and the seed; that of the rows does not matter within a group.
// `groups` and `labels` are as long as each other.
std::vector<std::uint32_t> stratified_folds(std::span<const std::string> groups, std::span<const std::uint32_t> labels,
                                            std::size_t folds, std::uint64_t seed = 0);

struct CrossValidation {
  // On the rows that were held out, all folds together.
  struct Strength {
    double l2 = 0;
    double log_loss = 0;  // mean of -log(probability of the row's class)
    std::size_t correct = 0;
  };
  std::vector<Strength> strengths;  // those that were tried, strongest first
  std::size_t best = 0;             // the one with the least log_loss
  // Of each row and class, by the model of the best strength that has not seen the row.
  std::vector<float> probabilities;
};

struct CrossValidationOptions {
  std::vector<double> strengths;  // of l2, in any order, at least one
  // What each fit may be above its minimum, as a part of the minimized value.
  double tolerance = 3e-3;
  std::size_t max_iterations = 300;
  std::size_t threads = 0;
  // Called after each fit, with their number so far and at most.
  std::function<void(std::size_t done, std::size_t all)> progress;
};

// Strengths are tried from the strongest on, each fold's fit beginning where that of the strength before ended; after
// two in a row that are worse than the best, weaker ones are left out. `folds`: of each row. Errors: as
// LogisticRegression::fit(), but a class may be absent from a fold; invalid_argument (fewer than two folds, or a fold
// without rows, or no strengths).
Result<CrossValidation> cross_validate(const LabeledRows& labeled, std::span<const std::uint32_t> folds,
                                       const CrossValidationOptions& options);

// Seven strengths, a factor of ten apart, that suit rows of these deviations: of the mean variance of a column 0.1 to
// 1e-7 times.
std::vector<double> usual_strengths(const FloatRows& rows);

}  // namespace vidi::statistics
