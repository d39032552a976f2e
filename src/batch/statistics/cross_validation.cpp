#include "statistics/cross_validation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "statistics/logistic_loss.hpp"
#include "statistics/minimize.hpp"

namespace vidi::statistics {
namespace {

// FNV-1a, then the finalizer of MurmurHash3, so that names that end alike are spread.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 14695981039346656037ULL ^ (seed * 0x9E3779B97F4A7C15ULL);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  hash = (hash ^ hash >> 33U) * 0xFF51AFD7ED558CCDULL;
  hash = (hash ^ hash >> 33U) * 0xC4CEB9FE1A85EC53ULL;
  return hash ^ hash >> 33U;
}

// A fold's rows, the others, and how far the fit on the others has come.
struct FoldState {
  std::vector<std::uint32_t> held_out;
  std::vector<std::uint32_t> others;
  std::vector<double> parameters;
};

Result<std::vector<FoldState>> split(std::span<const std::uint32_t> folds, std::size_t rows) {
  if (folds.size() != rows) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} rows have {} folds", rows, folds.size()));
  }
  const std::size_t count = folds.empty() ? 0 : std::size_t{*std::ranges::max_element(folds)} + 1;
  if (count < 2) return fail(ErrorCode::invalid_argument, "there must be at least two folds");
  std::vector<FoldState> states(std::min(count, rows));
  for (std::uint32_t row = 0; row < rows; ++row) {
    for (std::size_t fold = 0; fold < states.size(); ++fold) {
      (folds[row] == fold ? states[fold].held_out : states[fold].others).push_back(row);
    }
  }
  const auto empty = std::ranges::find_if(states, [](const FoldState& state) { return state.held_out.empty(); });
  if (empty == states.end()) return states;
  return fail(ErrorCode::invalid_argument,
              fmt::format("fold {} of {} has no rows: fewer folds would", empty - states.begin(), count));
}

// The probabilities of the rows that a fold has held out.
Result<void> predict(const LabeledRows& labeled, const FoldState& state, const LogisticRegression& model,
                     std::size_t threads, std::span<float> probabilities) {
  const std::size_t columns = labeled.rows.columns;
  std::vector<float> values;
  values.reserve(state.held_out.size() * columns);
  for (const std::uint32_t row : state.held_out) {
    const float* begin = labeled.rows.values + std::size_t{row} * columns;
    values.insert(values.end(), begin, begin + columns);
  }
  std::vector<float> found(state.held_out.size() * labeled.classes);
  const FloatRows rows{.values = values.data(), .count = state.held_out.size(), .columns = columns};
  if (auto done = model.probabilities(rows, found, threads); !done) return done;
  for (std::size_t i = 0; i < state.held_out.size(); ++i) {
    std::copy_n(found.data() + i * labeled.classes, labeled.classes,
                probabilities.data() + state.held_out[i] * labeled.classes);
  }
  return {};
}

CrossValidation::Strength judge(const LabeledRows& labeled, double l2, std::span<const float> probabilities) {
  CrossValidation::Strength strength{.l2 = l2};
  for (std::size_t row = 0; row < labeled.rows.count; ++row) {
    const auto of = probabilities.subspan(row * labeled.classes, labeled.classes);
    const double right = std::max<double>(of[labeled.labels[row]], std::numeric_limits<float>::min());
    strength.log_loss -= std::log(right);
    if (std::ranges::max_element(of) - of.begin() == labeled.labels[row]) ++strength.correct;
  }
  strength.log_loss /= static_cast<double>(labeled.rows.count);
  return strength;
}

// Goes on with a fold's fit, and predicts what it has held out.
Result<void> fit_fold(const LabeledRows& labeled, FoldState& state, double l2, const CrossValidationOptions& options,
                      std::span<float> probabilities) {
  auto loss = LogisticLoss::create(labeled, state.others, options.threads);
  if (!loss) return forward_error(loss);
  state.parameters.resize(loss->size());
  minimize({.evaluate = [&](auto x, auto gradient) { return loss->evaluate(x, l2, gradient); },
            .curvature = [&](auto x, auto diagonal) { loss->curvature(x, l2, diagonal); }},
           state.parameters, {.tolerance = 0, .relative = options.tolerance, .max_iterations = options.max_iterations});
  auto model = LogisticRegression::from(loss->to_parts(state.parameters));
  if (!model) return forward_error(model);
  return predict(labeled, state, *model, options.threads, probabilities);
}

}  // namespace

std::vector<std::uint32_t> stratified_folds(std::span<const std::string> groups, std::span<const std::uint32_t> labels,
                                            std::size_t folds, std::uint64_t seed) {
  struct Group {
    std::uint32_t label;
    std::uint64_t hash;
    std::string_view name;
    std::uint32_t fold = 0;
  };
  std::vector<Group> found;
  std::unordered_map<std::string_view, std::size_t> known;
  std::vector<std::size_t> group_of;
  for (std::size_t row = 0; row < groups.size(); ++row) {
    const auto [place, added] = known.try_emplace(groups[row], found.size());
    if (added) found.push_back({.label = labels[row], .hash = hash_of(groups[row], seed), .name = groups[row]});
    group_of.push_back(place->second);
  }
  // Dealt out in turn, label after label: what one label has over goes on with the next.
  std::vector<Group*> order;
  for (Group& group : found) order.push_back(&group);
  std::ranges::sort(order, {}, [](const Group* group) { return std::tuple(group->label, group->hash, group->name); });
  for (std::size_t i = 0; i < order.size(); ++i) order[i]->fold = static_cast<std::uint32_t>(i % folds);
  std::vector<std::uint32_t> result;
  for (const std::size_t group : group_of) result.push_back(found[group].fold);
  return result;
}

Result<CrossValidation> cross_validate(const LabeledRows& labeled, std::span<const std::uint32_t> folds,
                                       const CrossValidationOptions& options) {
  std::vector<double> strengths = options.strengths;
  std::ranges::sort(strengths, std::greater());
  if (strengths.empty()) return fail(ErrorCode::invalid_argument, "there must be at least one strength to try");
  for (const double l2 : {strengths.front(), strengths.back()}) {
    const LogisticRegression::Options fit{.l2 = l2, .tolerance = options.tolerance};
    if (auto good = check_labeled(labeled, fit); !good) return forward_error(good);
  }
  auto states = split(folds, labeled.rows.count);
  if (!states) return forward_error(states);
  CrossValidation result;
  std::vector<float> probabilities(labeled.rows.count * labeled.classes);
  for (const double l2 : strengths) {
    for (std::size_t fold = 0; fold < states->size(); ++fold) {
      if (auto done = fit_fold(labeled, (*states)[fold], l2, options, probabilities); !done) return forward_error(done);
      const std::size_t done = result.strengths.size() * states->size() + fold + 1;
      if (options.progress) options.progress(done, strengths.size() * states->size());
    }
    result.strengths.push_back(judge(labeled, l2, probabilities));
    const std::size_t now = result.strengths.size() - 1;
    if (now == 0 || result.strengths[now].log_loss < result.strengths[result.best].log_loss) {
      result.best = now;
      result.probabilities = probabilities;
    }
    if (now >= result.best + 2) break;
  }
  return result;
}

std::vector<double> usual_strengths(const FloatRows& rows) {
  double variance = 0;
  for (std::size_t j = 0; j < rows.columns; ++j) {
    double sum = 0;
    double squares = 0;
    const auto origin = static_cast<double>(rows.count == 0 ? 0.0F : rows.values[j]);
    for (std::size_t i = 0; i < rows.count; ++i) {
      const double value = static_cast<double>(rows.values[i * rows.columns + j]) - origin;
      sum += value;
      squares += value * value;
    }
    const auto count = static_cast<double>(std::max<std::size_t>(rows.count, 1));
    variance += std::max(0.0, squares / count - (sum / count) * (sum / count)) / static_cast<double>(rows.columns);
  }
  // A round number reads better in a report, and is as good.
  const double power = variance > 0 ? std::round(std::log10(variance)) : 0;
  std::vector<double> strengths;
  for (int factor = 1; factor <= 7; ++factor) strengths.push_back(std::pow(10.0, power - factor));
  return strengths;
}

}  // namespace vidi::statistics
