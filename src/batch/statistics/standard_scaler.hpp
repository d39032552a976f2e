#pragma once
// Columns brought to mean 0 and deviation 1.

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "statistics/moments.hpp"

namespace vidi::statistics {

// Borrowed, row-major, without gaps; changed in place.
struct MutableFloatRows {
  float* values = nullptr;
  std::size_t count = 0;
  std::size_t columns = 0;
};

// As Spark MLlib's StandardScaler, whose parameters have the same names: the deviation is the sample's (divided by
// n - 1; scikit-learn divides by n), that of one row is 0, and a column whose deviation is 0 becomes 0 where it is
// divided by it (scikit-learn would leave it as it is, less its mean).
//
// Any number of threads may use one.
class StandardScaler {
 public:
  struct Options {
    bool with_mean = true;  // subtract the mean; MLlib's default is false
    bool with_std = true;   // divide by the deviation
  };

  // Error invalid_argument: the moments are of no rows.
  static Result<StandardScaler> from(const Moments& moments, const Options& options);
  static Result<StandardScaler> from(const Moments& moments) { return from(moments, Options{}); }

  // What was kept elsewhere. Error invalid_argument: different or no lengths, a number that is not finite, a negative
  // deviation.
  static Result<StandardScaler> from(std::vector<double> means, std::vector<double> deviations, const Options& options);

  // On `threads` threads (0: one a processor). Computed in double precision, rounded once. Error invalid_argument:
  // another number of columns.
  Result<void> transform(const MutableFloatRows& rows, std::size_t threads = 0) const;

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] std::size_t columns() const { return means_.size(); }
  [[nodiscard]] std::span<const double> means() const { return means_; }
  [[nodiscard]] std::span<const double> deviations() const { return deviations_; }
  // Column j becomes (value - shifts()[j]) * factors()[j].
  [[nodiscard]] std::span<const double> shifts() const { return shifts_; }
  [[nodiscard]] std::span<const double> factors() const { return factors_; }

 private:
  StandardScaler(std::vector<double> means, std::vector<double> deviations, const Options& options);

  Options options_;
  std::vector<double> means_;
  std::vector<double> deviations_;
  std::vector<double> shifts_;
  std::vector<double> factors_;
};

}  // namespace vidi::statistics
