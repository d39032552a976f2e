#pragma once
// Principal component analysis: the directions in which rows differ most.

#include <cstddef>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "statistics/moments.hpp"
#include "statistics/standard_scaler.hpp"

namespace vidi::statistics {

enum class PcaSolver {
  automatic,   // exact up to 20,000 columns, randomized above
  exact,       // residuals of at most 1e-12 of the largest variance
  randomized,  // one cycle of the block Krylov method: the first components to many digits, the last to a few
};

// Any number of threads may use one.
class Pca {
 public:
  struct Options {
    std::size_t components = 100;
    PcaSolver solver = PcaSolver::automatic;
    // Of the rows that are transformed, as scikit-learn does; MLlib does not.
    bool subtract_mean = true;
    std::size_t threads = 0;  // for fitting; 0: one a processor
  };

  // The components of the covariance of the rows that were counted. Errors: invalid_argument (fewer than 2 rows; no
  // components, or more than there are rows or columns, as in scikit-learn); internal (no convergence, or no memory for
  // it). Up to the smaller of rows and columns, components beyond the rank have variance 0 and any direction that is
  // orthogonal to the others.
  static Result<Pca> fit(const Moments& moments, const Options& options);

  // The same of what the scaler makes of those rows; transform() then takes scaled rows. Error invalid_argument: the
  // scaler has another number of columns.
  static Result<Pca> fit(const Moments& moments, const StandardScaler& scaler, const Options& options);

  // What was kept elsewhere: components one after another, each as long as `means`. Error invalid_argument: lengths
  // that do not belong together, or a number that is not finite.
  struct Parts {
    std::vector<double> components;
    std::vector<double> means;  // of the rows it was fitted to; zeros: nothing is subtracted
    std::vector<double> explained_variance;
    std::vector<double> explained_variance_ratio;
  };
  static Result<Pca> from(Parts parts);

  // `out` holds rows.count rows of count() values. Computed in double precision, rounded once; takes little memory of
  // its own, whatever the number of rows. On `threads` threads (0: one a processor). Error invalid_argument: another
  // number of columns, or another size of `out`.
  Result<void> transform(const FloatRows& rows, std::span<float> out, std::size_t threads = 0) const;

  [[nodiscard]] std::size_t columns() const { return parts_.means.size(); }
  [[nodiscard]] std::size_t count() const { return parts_.explained_variance.size(); }
  // One after another, count() of them with columns() entries, of length 1, by falling variance. The entry that is
  // largest in magnitude is positive; of several that are equal within 1e-9, the first.
  [[nodiscard]] std::span<const double> components() const { return parts_.components; }
  [[nodiscard]] std::span<const double> means() const { return parts_.means; }
  [[nodiscard]] std::span<const double> explained_variance() const { return parts_.explained_variance; }
  // Of the sum of all columns' variances; 0 where that is 0.
  [[nodiscard]] std::span<const double> explained_variance_ratio() const { return parts_.explained_variance_ratio; }

 private:
  explicit Pca(Parts parts);

  Parts parts_;
  std::vector<double> offsets_;  // each component times the means
};

}  // namespace vidi::statistics
