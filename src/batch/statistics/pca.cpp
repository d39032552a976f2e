#include "statistics/pca.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "statistics/eigen.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

constexpr std::size_t kExactColumns = 20'000;
constexpr std::size_t kRowsAtOnce = 1024;

Result<void> check_fit(const Moments& moments, const Pca::Options& options) {
  if (moments.rows() < 2) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("principal components of {} rows: there must be at least 2", moments.rows()));
  }
  const std::size_t most = std::min<std::uint64_t>(moments.rows(), moments.columns());
  if (options.components == 0 || options.components > most) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} principal components of {} rows of {} columns: there are 1 to {}", options.components,
                            moments.rows(), moments.columns(), most));
  }
  return {};
}

Result<Eigenpairs> solve(const ScaledTriangle& covariance, const Pca::Options& options) {
  const bool large = covariance.columns() > kExactColumns;
  const bool approximate = options.solver == PcaSolver::randomized || (options.solver == PcaSolver::automatic && large);
  const EigenOptions wanted{.count = options.components, .threads = options.threads, .approximate = approximate};
  if (!suits_krylov(covariance.columns(), options.components)) return dense_eigenpairs(covariance, wanted);
  auto pairs = krylov_eigenpairs(covariance, wanted);
  if (!pairs && !large) return dense_eigenpairs(covariance, wanted);
  return pairs;
}

void choose_sign(std::span<double> component) {
  auto smaller = [](double a, double b) { return std::abs(a) < std::abs(b); };
  const double largest = std::abs(*std::ranges::max_element(component, smaller));
  auto is_largest = [&](double entry) { return std::abs(entry) >= largest * (1 - 1e-9); };
  if (*std::ranges::find_if(component, is_largest) >= 0) return;
  for (double& entry : component) entry = -entry;
}

// Of the rows that a scaler made: x of a column becomes (x - shift) * factor.
struct Scaling {
  std::vector<double> shifts;
  std::vector<double> factors;
};

Result<Pca> fit_scaled(const Moments& moments, const Scaling& scaling, const Pca::Options& options) {
  if (auto checked = check_fit(moments, options); !checked) return forward_error(checked);
  const std::size_t n = moments.columns();
  const double freedom = static_cast<double>(moments.rows() - 1);
  std::vector<double> factors(n);
  double total = 0;
  for (std::size_t j = 0; j < n; ++j) {
    factors[j] = scaling.factors[j] / std::sqrt(freedom);
    total += moments.cross_product(j, j) * factors[j] * factors[j];
  }
  const ScaledTriangle covariance{.upper = moments.cross_products(), .factors = factors};
  auto pairs = solve(covariance, options);
  if (!pairs) return forward_error(pairs);
  Pca::Parts parts{.components = std::move(pairs->vectors),
                   .means = std::vector<double>(n),
                   .explained_variance = std::move(pairs->values),
                   .explained_variance_ratio = {}};
  // What is below the rounding of the largest is no variance.
  const double rounding = static_cast<double>(n) * std::numeric_limits<double>::epsilon() * parts.explained_variance[0];
  for (std::size_t i = 0; i < options.components; ++i) {
    choose_sign(std::span(parts.components).subspan(i * n, n));
    double& variance = parts.explained_variance[i];
    if (variance <= rounding) variance = 0;
    parts.explained_variance_ratio.push_back(total > 0 ? variance / total : 0);
  }
  if (options.subtract_mean) {
    for (std::size_t j = 0; j < n; ++j) parts.means[j] = (moments.means()[j] - scaling.shifts[j]) * scaling.factors[j];
  }
  return Pca::from(std::move(parts));
}

}  // namespace

Pca::Pca(Parts parts) : parts_(std::move(parts)), offsets_(count()) {
  for (std::size_t i = 0; i < count(); ++i) {
    const auto component = std::span(parts_.components).subspan(i * columns(), columns());
    offsets_[i] = std::inner_product(component.begin(), component.end(), parts_.means.begin(), 0.0);
  }
}

Result<Pca> Pca::fit(const Moments& moments, const Options& options) {
  const Scaling none{.shifts = std::vector<double>(moments.columns()),
                     .factors = std::vector<double>(moments.columns(), 1.0)};
  return fit_scaled(moments, none, options);
}

Result<Pca> Pca::fit(const Moments& moments, const StandardScaler& scaler, const Options& options) {
  if (scaler.columns() != moments.columns()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the scaler has {} columns, and the moments {}", scaler.columns(), moments.columns()));
  }
  const Scaling scaling{.shifts = {scaler.shifts().begin(), scaler.shifts().end()},
                        .factors = {scaler.factors().begin(), scaler.factors().end()}};
  return fit_scaled(moments, scaling, options);
}

Result<Pca> Pca::from(Parts parts) {
  const std::size_t n = parts.means.size();
  const std::size_t count = parts.explained_variance.size();
  if (n == 0 || count == 0 || parts.components.size() != n * count || parts.explained_variance_ratio.size() != count) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} means, {} variances, {} ratios and {} entries of components do not belong together", n,
                            count, parts.explained_variance_ratio.size(), parts.components.size()));
  }
  for (const auto* values :
       {&parts.components, &parts.means, &parts.explained_variance, &parts.explained_variance_ratio}) {
    if (!std::ranges::all_of(*values, [](double value) { return std::isfinite(value); })) {
      return fail(ErrorCode::invalid_argument, "a number of the principal components is not finite");
    }
  }
  return Pca(std::move(parts));
}

Result<void> Pca::transform(const FloatRows& rows, std::span<float> out, std::size_t threads) const {
  if (rows.columns != columns() || out.size() != rows.count * count()) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} rows of {} columns for {} values: the components have {} columns and give {} values a row",
                    rows.count, rows.columns, out.size(), columns(), count()));
  }
  const ConstView components{
      .data = parts_.components.data(), .rows = count(), .columns = columns(), .stride = columns()};
  std::vector<double> sums(std::min(kRowsAtOnce, rows.count) * count());
  for (std::size_t begin = 0; begin < rows.count; begin += kRowsAtOnce) {
    const std::size_t now = std::min(kRowsAtOnce, rows.count - begin);
    auto fill = [&](const Panel& panel) {
      for (std::size_t i = 0; i < panel.count; ++i) {
        const float* row = rows.values + (begin + panel.first + i) * rows.columns + panel.step;
        for (std::size_t s = 0; s < panel.steps; ++s) panel.out[s * panel.width + i] = static_cast<double>(row[s]);
      }
    };
    for (std::size_t row = 0; row < now; ++row) {
      for (std::size_t i = 0; i < count(); ++i) sums[row * count() + i] = -offsets_[i];
    }
    add_product({.threads = threads}, columns(), fill, rows_of(components),
                {.data = sums.data(), .rows = now, .columns = count(), .stride = count()});
    for (std::size_t i = 0; i < now * count(); ++i) out[begin * count() + i] = static_cast<float>(sums[i]);
  }
  return {};
}

}  // namespace vidi::statistics
