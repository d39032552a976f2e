#include "statistics/logistic_loss.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

// Rows whose scores stay in a cache. Whole panels of every kernel, and fewer than kStepsAtOnce.
constexpr std::size_t kRowsOfScores = 240;

std::size_t blocks_in(std::size_t rows) { return (rows + kRowsOfScores - 1) / kRowsOfScores; }

}  // namespace

// What one thread works on: some of the chosen rows, and the scores of their classes, class after class.
struct LogisticLoss::Block {
  std::size_t begin = 0;
  std::size_t count = 0;
  std::vector<double> scores;
  std::vector<double> greatest;
  std::vector<double> totals;

  double* of_class(std::size_t k) { return scores.data() + k * kRowsOfScores; }

  // Scores become probabilities; the logarithm of what they were divided by, with the greatest score, is left in
  // `totals`.
  void softmax(std::size_t classes) {
    std::copy_n(of_class(0), count, greatest.begin());
    for (std::size_t k = 1; k < classes; ++k) {
      const double* of = of_class(k);
      for (std::size_t i = 0; i < count; ++i) greatest[i] = std::max(greatest[i], of[i]);
    }
    std::fill_n(totals.begin(), count, 0.0);
    for (std::size_t k = 0; k < classes; ++k) {
      double* of = of_class(k);
      for (std::size_t i = 0; i < count; ++i) {
        of[i] = std::exp(of[i] - greatest[i]);
        totals[i] += of[i];
      }
    }
    for (std::size_t k = 0; k < classes; ++k) {
      double* of = of_class(k);
      for (std::size_t i = 0; i < count; ++i) of[i] /= totals[i];
    }
    for (std::size_t i = 0; i < count; ++i) totals[i] = std::log(totals[i]) + greatest[i];
  }
};

Result<LogisticLoss> LogisticLoss::create(const LabeledRows& labeled, std::span<const std::uint32_t> chosen,
                                          std::size_t threads) {
  LogisticLoss loss(labeled, chosen, threads);
  const std::size_t columns = labeled.rows.columns;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const float* values = loss.row(i);
    for (std::size_t j = 0; j < columns; ++j) loss.means_[j] += static_cast<double>(values[j]);
  }
  for (double& mean : loss.means_) mean /= static_cast<double>(chosen.size());
  // Floats that are finite have a finite sum in double precision, and no others have one.
  const auto bad = std::ranges::find_if_not(loss.means_, [](double mean) { return std::isfinite(mean); });
  if (bad == loss.means_.end()) return loss;
  const auto column = static_cast<std::size_t>(bad - loss.means_.begin());
  std::size_t index = 0;
  while (std::isfinite(loss.row(index)[column])) ++index;
  return fail(ErrorCode::invalid_argument, fmt::format("the value in row {}, column {} is {}, and must be finite",
                                                       chosen[index], column, loss.row(index)[column]));
}

std::size_t LogisticLoss::chunks() const {
  // Their number depends on the problem alone, so that sums do; it gives work to many threads within 64 MiB.
  const std::size_t most = (std::size_t{64} << 20U) / (size() * sizeof(double));
  return std::clamp<std::size_t>(blocks_in(chosen_.size()), 1, std::clamp<std::size_t>(most, 2, 64));
}

// Adds to `sums`, and returns the sum of the losses.
double LogisticLoss::add_block(Block& block, Wanted wanted, std::span<const double> parameters,
                               std::span<double> sums) const {
  const std::size_t columns = labeled_.rows.columns;
  const std::size_t classes = labeled_.classes;
  const std::size_t stride = columns + 1;
  const auto centered = [&](std::size_t i, std::size_t j) {
    return j < columns ? static_cast<double>(row(block.begin + i)[j]) - means_[j] : 1.0;
  };
  auto rows = [&](const Panel& panel) {
    for (std::size_t i = 0; i < panel.count; ++i) {
      for (std::size_t s = 0; s < panel.steps; ++s)
        panel.out[s * panel.width + i] = centered(panel.first + i, panel.step + s);
    }
  };
  const bool is_squared = wanted == Wanted::curvature;
  auto values = [&](const Panel& panel) {
    for (std::size_t s = 0; s < panel.steps; ++s) {
      double* out = panel.out + s * panel.width;
      for (std::size_t i = 0; i < panel.count; ++i) out[i] = centered(panel.step + s, panel.first + i);
      for (std::size_t i = 0; is_squared && i < panel.count; ++i) out[i] *= out[i];
    }
  };
  const Execution alone{.threads = 1};
  const View scores{.data = block.scores.data(), .rows = classes, .columns = block.count, .stride = kRowsOfScores};
  std::ranges::fill(block.scores, 0.0);
  add_product(alone, stride, rows_of({.data = parameters.data(), .rows = classes, .columns = stride, .stride = stride}),
              rows, scores);
  double loss = 0;
  for (std::size_t i = 0; i < block.count; ++i) {
    loss -= block.of_class(labeled_.labels[chosen_[block.begin + i]])[i];
  }
  block.softmax(classes);
  for (std::size_t i = 0; i < block.count; ++i) loss += block.totals[i];
  if (is_squared) {
    for (double& each : block.scores) each *= 1 - each;
  } else {
    for (std::size_t i = 0; i < block.count; ++i) {
      block.of_class(labeled_.labels[chosen_[block.begin + i]])[i] -= 1;
    }
  }
  add_product(alone, block.count, rows_of(scores), values,
              {.data = sums.data(), .rows = classes, .columns = stride, .stride = stride});
  return loss;
}

// The mean over the rows; returns that of the losses.
double LogisticLoss::sum(Wanted wanted, std::span<const double> parameters, std::span<double> sums) const {
  const std::size_t count = chunks();
  const std::size_t blocks = blocks_in(chosen_.size());
  std::vector<double> parts(count * size());
  std::vector<double> losses(count);
  in_parallel(threads_, count, [&](std::size_t chunk) {
    Block block{.scores = std::vector<double>(labeled_.classes * kRowsOfScores),
                .greatest = std::vector<double>(kRowsOfScores),
                .totals = std::vector<double>(kRowsOfScores)};
    for (std::size_t i = blocks * chunk / count; i < blocks * (chunk + 1) / count; ++i) {
      block.begin = i * kRowsOfScores;
      block.count = std::min(kRowsOfScores, chosen_.size() - block.begin);
      losses[chunk] += add_block(block, wanted, parameters, std::span(parts).subspan(chunk * size(), size()));
    }
  });
  std::ranges::fill(sums, 0.0);
  for (std::size_t i = 0; i < parts.size(); ++i) sums[i % size()] += parts[i];
  const double rows = static_cast<double>(chosen_.size());
  for (double& each : sums) each /= rows;
  return std::accumulate(losses.begin(), losses.end(), 0.0) / rows;
}

double LogisticLoss::evaluate(std::span<const double> parameters, double l2, std::span<double> gradient) const {
  const std::size_t stride = labeled_.rows.columns + 1;
  double squares = 0;
  const double loss = sum(Wanted::gradient, parameters, gradient);
  for (std::size_t i = 0; i < size(); ++i) {
    if (i % stride == stride - 1) continue;
    gradient[i] += l2 * parameters[i];
    squares += parameters[i] * parameters[i];
  }
  return loss + l2 / 2 * squares;
}

void LogisticLoss::curvature(std::span<const double> parameters, double l2, std::span<double> diagonal) const {
  const std::size_t stride = labeled_.rows.columns + 1;
  sum(Wanted::curvature, parameters, diagonal);
  for (std::size_t i = 0; i < size(); ++i) {
    if (i % stride != stride - 1) diagonal[i] += l2;
  }
  // Where there is nothing, as of a constant column without a penalty, the gradient is 0 too.
  const double least = std::max(std::ranges::max(diagonal) * 1e-12, std::numeric_limits<double>::min());
  for (double& each : diagonal) each = std::max(each, least);
}

LogisticRegression::Parts LogisticLoss::to_parts(std::span<const double> parameters) const {
  const std::size_t columns = labeled_.rows.columns;
  LogisticRegression::Parts parts;
  for (std::size_t k = 0; k < labeled_.classes; ++k) {
    const auto weights = parameters.subspan(k * (columns + 1), columns);
    parts.weights.insert(parts.weights.end(), weights.begin(), weights.end());
    parts.intercepts.push_back(parameters[k * (columns + 1) + columns] -
                               std::inner_product(weights.begin(), weights.end(), means_.begin(), 0.0));
  }
  const double mean = std::accumulate(parts.intercepts.begin(), parts.intercepts.end(), 0.0) /
                      static_cast<double>(parts.intercepts.size());
  for (double& each : parts.intercepts) each -= mean;
  return parts;
}

std::vector<double> LogisticLoss::from_parts(const LogisticRegression::Parts& parts) const {
  const std::size_t columns = labeled_.rows.columns;
  std::vector<double> parameters;
  for (std::size_t k = 0; k < labeled_.classes; ++k) {
    const auto weights = std::span(parts.weights).subspan(k * columns, columns);
    parameters.insert(parameters.end(), weights.begin(), weights.end());
    parameters.push_back(parts.intercepts[k] + std::inner_product(weights.begin(), weights.end(), means_.begin(), 0.0));
  }
  return parameters;
}

}  // namespace vidi::statistics
