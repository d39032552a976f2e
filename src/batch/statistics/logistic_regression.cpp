#include "statistics/logistic_regression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "statistics/logistic_loss.hpp"
#include "statistics/minimize.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

constexpr std::size_t kRowsPredicted = 1024;

Result<void> refuse_fit(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

Result<void> check_classes(const LabeledRows& labeled) {
  std::vector<std::size_t> counts(labeled.classes);
  for (const std::uint32_t label : labeled.labels) ++counts[label];
  const auto empty = std::ranges::find(counts, 0U);
  if (empty == counts.end()) return {};
  return refuse_fit(fmt::format("class {} of {} has no row", empty - counts.begin(), labeled.classes));
}

void softmax(std::span<const double> scores, std::span<float> out) {
  const double greatest = std::ranges::max(scores);
  double total = 0;
  for (const double score : scores) total += std::exp(score - greatest);
  for (std::size_t k = 0; k < out.size(); ++k) out[k] = static_cast<float>(std::exp(scores[k] - greatest) / total);
}

}  // namespace

Result<void> check_labeled(const LabeledRows& labeled, const LogisticRegression::Options& options) {
  if (labeled.classes < 2) {
    return refuse_fit(fmt::format("{} classes: there must be at least 2", labeled.classes));
  }
  if (labeled.labels.size() != labeled.rows.count || labeled.rows.columns == 0) {
    return refuse_fit(fmt::format("{} rows of {} columns with {} labels: there must be as many, of at least 1 column",
                                  labeled.rows.count, labeled.rows.columns, labeled.labels.size()));
  }
  if (labeled.rows.count > std::numeric_limits<std::uint32_t>::max()) {
    return refuse_fit(fmt::format("{} rows: there may be 4,294,967,295", labeled.rows.count));
  }
  const auto bad = std::ranges::find_if(labeled.labels, [&](auto label) { return label >= labeled.classes; });
  if (bad != labeled.labels.end()) {
    return refuse_fit(fmt::format("row {} has the label {}: there are {} classes, from 0", bad - labeled.labels.begin(),
                                  *bad, labeled.classes));
  }
  if (!(options.l2 >= 0) || !std::isfinite(options.l2) || !(options.tolerance >= 0)) {
    return refuse_fit(
        fmt::format("l2 is {} and the tolerance {}: both must be 0 or more", options.l2, options.tolerance));
  }
  return {};
}

Result<LogisticRegression> LogisticRegression::fit(const LabeledRows& labeled, const Options& options,
                                                   const LogisticRegression* start) {
  if (auto good = check_labeled(labeled, options); !good) return forward_error(good);
  if (auto good = check_classes(labeled); !good) return forward_error(good);
  if (start != nullptr && (start->classes() != labeled.classes || start->columns() != labeled.rows.columns)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the start has {} classes and {} columns, and the rows have {} and {}", start->classes(),
                            start->columns(), labeled.classes, labeled.rows.columns));
  }
  std::vector<std::uint32_t> all(labeled.rows.count);
  std::iota(all.begin(), all.end(), 0U);
  auto loss = LogisticLoss::create(labeled, all, options.threads);
  if (!loss) return forward_error(loss);
  std::vector<double> parameters =
      start != nullptr ? loss->from_parts(start->parts_) : std::vector<double>(loss->size());
  const Minimized found =
      minimize({.evaluate = [&](auto x, auto gradient) { return loss->evaluate(x, options.l2, gradient); },
                .curvature = [&](auto x, auto diagonal) { loss->curvature(x, options.l2, diagonal); }},
               parameters, {.tolerance = options.tolerance, .max_iterations = options.max_iterations});
  if (!found.converged && found.iterations >= options.max_iterations) {
    return fail(ErrorCode::internal, fmt::format("logistic regression with l2 {} has not converged in {} iterations",
                                                 options.l2, found.iterations));
  }
  LogisticRegression result(loss->to_parts(parameters));
  result.iterations_ = found.iterations;
  return result;
}

Result<LogisticRegression> LogisticRegression::from(Parts parts) {
  const std::size_t classes = parts.intercepts.size();
  if (classes < 2 || parts.weights.empty() || parts.weights.size() % classes != 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} weights and {} intercepts do not belong together", parts.weights.size(), classes));
  }
  for (const auto* values : {&parts.weights, &parts.intercepts}) {
    if (!std::ranges::all_of(*values, [](double value) { return std::isfinite(value); })) {
      return fail(ErrorCode::invalid_argument, "a number of the logistic regression is not finite");
    }
  }
  return LogisticRegression(std::move(parts));
}

Result<void> LogisticRegression::probabilities(const FloatRows& rows, std::span<float> out, std::size_t threads) const {
  if (rows.columns != columns() || out.size() != rows.count * classes()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} rows of {} columns for {} values: it takes {} columns and gives {} values a row",
                            rows.count, rows.columns, out.size(), columns(), classes()));
  }
  const ConstView weights{.data = parts_.weights.data(), .rows = classes(), .columns = columns(), .stride = columns()};
  std::vector<double> scores(std::min(kRowsPredicted, rows.count) * classes());
  for (std::size_t begin = 0; begin < rows.count; begin += kRowsPredicted) {
    const std::size_t now = std::min(kRowsPredicted, rows.count - begin);
    auto fill = [&](const Panel& panel) {
      for (std::size_t i = 0; i < panel.count; ++i) {
        const float* row = rows.values + (begin + panel.first + i) * rows.columns + panel.step;
        for (std::size_t s = 0; s < panel.steps; ++s) panel.out[s * panel.width + i] = static_cast<double>(row[s]);
      }
    };
    for (std::size_t i = 0; i < now; ++i) std::ranges::copy(parts_.intercepts, scores.data() + i * classes());
    add_product({.threads = threads}, columns(), fill, rows_of(weights),
                {.data = scores.data(), .rows = now, .columns = classes(), .stride = classes()});
    for (std::size_t i = 0; i < now; ++i) {
      softmax(std::span(scores).subspan(i * classes(), classes()), out.subspan((begin + i) * classes(), classes()));
    }
  }
  return {};
}

}  // namespace vidi::statistics
