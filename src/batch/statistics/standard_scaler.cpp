#include "statistics/standard_scaler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/parallel.hpp"

namespace vidi::statistics {
namespace {

constexpr std::size_t kRowsOfPart = 256;

}  // namespace

StandardScaler::StandardScaler(std::vector<double> means, std::vector<double> deviations, const Options& options)
    : options_(options),
      means_(std::move(means)),
      deviations_(std::move(deviations)),
      shifts_(columns()),
      factors_(columns(), 1) {
  if (options.with_mean) shifts_ = means_;
  if (!options.with_std) return;
  std::ranges::transform(deviations_, factors_.begin(),
                         [](double deviation) { return deviation == 0 ? 0 : 1 / deviation; });
}

Result<StandardScaler> StandardScaler::from(const Moments& moments, const Options& options) {
  if (moments.rows() == 0) return fail(ErrorCode::invalid_argument, "no rows have been counted, so there is no mean");
  std::vector<double> deviations(moments.columns());
  if (moments.rows() > 1) {
    const double freedom = static_cast<double>(moments.rows() - 1);
    for (std::size_t j = 0; j < deviations.size(); ++j)
      deviations[j] = std::sqrt(moments.cross_product(j, j) / freedom);
  }
  return StandardScaler({moments.means().begin(), moments.means().end()}, std::move(deviations), options);
}

Result<StandardScaler> StandardScaler::from(std::vector<double> means, std::vector<double> deviations,
                                            const Options& options) {
  if (means.empty() || means.size() != deviations.size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("a scaler with {} means and {} deviations: there must be as many", means.size(),
                            deviations.size()));
  }
  for (std::size_t j = 0; j < means.size(); ++j) {
    if (std::isfinite(means[j]) && std::isfinite(deviations[j]) && deviations[j] >= 0) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("a scaler with the mean {} and the deviation {} in column {}", means[j], deviations[j], j));
  }
  return StandardScaler(std::move(means), std::move(deviations), options);
}

Result<void> StandardScaler::transform(const MutableFloatRows& rows, std::size_t threads) const {
  if (rows.columns != columns()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the rows have {} columns, and the scaler {}", rows.columns, columns()));
  }
  in_parallel(threads, (rows.count + kRowsOfPart - 1) / kRowsOfPart, [&](std::size_t part) {
    const std::size_t last = std::min((part + 1) * kRowsOfPart, rows.count);
    for (std::size_t row = part * kRowsOfPart; row < last; ++row) {
      float* values = rows.values + row * rows.columns;
      for (std::size_t j = 0; j < rows.columns; ++j) {
        values[j] = static_cast<float>((static_cast<double>(values[j]) - shifts_[j]) * factors_[j]);
      }
    }
  });
  return {};
}

}  // namespace vidi::statistics
