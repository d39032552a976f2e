#include "classifier/classifier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

namespace vidi::classifier {
namespace {

std::unexpected<Error> refuse_training(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

// A row's label as a number: the labels in alphabetical order, then none.
struct Numbered {
  std::vector<std::string> labels;
  bool has_none = false;
  std::vector<std::uint32_t> numbers;

  [[nodiscard]] std::size_t classes() const { return labels.size() + (has_none ? 1 : 0); }
};

Result<Numbered> number_labels(const FeatureTable& table, const TrainingOptions& options) {
  if (table.rows() == 0) return refuse_training("there are no rows to learn from");
  std::map<std::string, std::set<std::string>> pictures;
  for (std::size_t i = 0; i < table.rows(); ++i) pictures[table.labels[i]].insert(table.images[i]);
  Numbered numbered{.labels = {}, .has_none = !options.none.empty(), .numbers = {}};
  if (numbered.has_none && !pictures.contains(options.none)) {
    return refuse_training(fmt::format("no picture has the label \"{}\" of what is none of the others", options.none));
  }
  std::map<std::string, std::uint32_t> number;
  for (const auto& [label, of] : pictures) {
    if (of.size() < 2) {
      return refuse_training(fmt::format(
          "the label \"{}\" has one picture, \"{}\": a label needs at least 2, to learn from some and try others",
          label, *of.begin()));
    }
    if (label == options.none && numbered.has_none) continue;
    number[label] = static_cast<std::uint32_t>(numbered.labels.size());
    numbered.labels.push_back(label);
  }
  if (numbered.has_none) number[options.none] = static_cast<std::uint32_t>(numbered.labels.size());
  if (numbered.labels.size() < 2) {
    return refuse_training(
        fmt::format("every picture has the label \"{}\": there must be at least 2 labels to tell apart",
                    numbered.labels.empty() ? options.none : numbered.labels.front()));
  }
  for (const std::string& label : table.labels) numbered.numbers.push_back(number.at(label));
  return numbered;
}

// Near 0 wherever something was learned from, and a half at three times the distance of nearly all of it: new pictures
// of the same things lie up to twice as far (Fruits-360's test pictures), those of other things mostly ten times as
// far.
//
// The components were fitted to these rows, and leave more of others: of n pictures and k components (n + k) / (n - k)
// times the square, as of the residuals of a least-squares fit. Below 4 k pictures that says too little, and nothing is
// taken for strange.
DistanceGate fit_gate(const FeatureTable& table, const Numbered& numbered) {
  constexpr DistanceGate kOff{.slope = 0, .offset = 50};
  std::vector<double> sorted;
  std::set<std::string_view> pictures;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    pictures.insert(table.images[i]);
    if (numbered.numbers[i] < numbered.labels.size()) sorted.push_back(static_cast<double>(table.residuals[i]));
  }
  if (pictures.size() < 4 * table.columns) return kOff;
  std::ranges::sort(sorted);
  constexpr double kNearlyAll = 0.9975;
  constexpr double kFurther = 3;
  constexpr double kCertain = 6.9;  // exp(-6.9) = 0.001
  const auto n = static_cast<double>(pictures.size());
  const auto k = static_cast<double>(table.columns);
  const auto last = static_cast<std::size_t>(std::ceil(kNearlyAll * static_cast<double>(sorted.size() - 1)));
  const double known = sorted[last] * std::sqrt((n + k) / (n - k));
  // Less than that is rounding: the components leave nothing.
  constexpr double kSomething = 0.01;
  double squares = 0;
  for (const float value : table.values) squares += static_cast<double>(value) * static_cast<double>(value);
  if (known <= kSomething * std::sqrt(squares / static_cast<double>(table.rows()))) return kOff;
  const double slope = kCertain / ((kFurther - 1) * known);
  return {.slope = slope, .offset = slope * kFurther * known};
}

// Of held-out rows: the likeliest label, its probability if it is an answer without a threshold, and the truth.
struct HeldOut {
  std::uint32_t truth = 0;
  std::uint32_t likeliest = 0;
  double probability = 0;
};

std::vector<HeldOut> judge_held_out(const Numbered& numbered, std::span<float> probabilities, const FeatureTable& table,
                                    const DistanceGate& gate, std::span<const std::uint32_t> groups) {
  std::vector<HeldOut> held_out;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const std::span classes = probabilities.subspan(i * numbered.classes(), numbered.classes());
    gather_groups(classes, groups);
    const auto row = with_gate(classes, numbered.has_none, gate.none(static_cast<double>(table.residuals[i])));
    const auto answer = answer_of(row, 0);
    held_out.push_back({.truth = numbered.numbers[i],
                        .likeliest = static_cast<std::uint32_t>(answer.value_or(numbered.labels.size())),
                        .probability = answer ? static_cast<double>(row[*answer]) : 0});
  }
  return held_out;
}

// The greatest of 0.10, 0.11 ... 0.50 that loses few right answers, or 0.10. Not more: pictures that are held out
// resemble those that were learned from more than new ones do, and what is likelier than all else together is an
// answer.
double calibrate_least(std::span<const HeldOut> held_out, std::size_t labels, double lost) {
  constexpr int kLeast = 10;
  constexpr int kGreatest = 50;
  std::vector<double> right;
  for (const HeldOut& row : held_out) {
    if (row.truth < labels && row.truth == row.likeliest) right.push_back(row.probability);
  }
  for (int percent = kGreatest; percent > kLeast; --percent) {
    const double least = percent / 100.0;
    const auto unsure = std::ranges::count_if(right, [&](double probability) { return probability < least; });
    if (static_cast<double>(unsure) <= lost * static_cast<double>(right.size())) return least;
  }
  return kLeast / 100.0;
}

void count(const std::vector<HeldOut>& held_out, std::size_t labels, Trained& trained) {
  for (const HeldOut& row : held_out) {
    const bool accepted = row.likeliest < labels && row.probability >= trained.classifier.least_probability;
    if (row.truth >= labels) {
      ++trained.none_rows;
      if (accepted) ++trained.none_accepted;
      continue;
    }
    ++trained.rows;
    if (row.truth != row.likeliest) continue;
    ++(accepted ? trained.correct : trained.lost);
  }
}

// Empty where each label is a group of its own.
std::vector<std::uint32_t> number_groups(const std::vector<std::string>& labels,
                                         const std::map<std::string, std::string>& group_of) {
  std::map<std::string, std::uint32_t> numbers;
  std::vector<std::uint32_t> groups;
  for (const std::string& label : labels) {
    const auto found = group_of.find(label);
    const std::string& group = found == group_of.end() ? label : found->second;
    groups.push_back(numbers.try_emplace(group, static_cast<std::uint32_t>(numbers.size())).first->second);
  }
  return numbers.size() == labels.size() ? std::vector<std::uint32_t>() : groups;
}

// The folds are of pictures: a picture has a name, and its variants have the same.
Result<statistics::CrossValidation> validate(const FeatureTable& table, const statistics::LabeledRows& rows,
                                             const TrainingOptions& options) {
  const auto folds = statistics::stratified_folds(table.images, rows.labels, options.folds, options.seed);
  return statistics::cross_validate(
      rows, folds,
      {.strengths = options.l2 ? std::vector{*options.l2} : statistics::usual_strengths(rows.rows),
       .threads = options.threads,
       .progress = options.progress});
}

}  // namespace

void gather_groups(std::span<float> classes, std::span<const std::uint32_t> groups) {
  if (groups.empty()) return;
  const std::size_t count = *std::ranges::max_element(groups) + 1;
  std::vector<double> sums(count);
  for (std::size_t i = 0; i < groups.size(); ++i) sums[groups[i]] += static_cast<double>(classes[i]);
  std::vector<double> powers(count);
  const auto power = [&](std::size_t i) {
    const double sum = sums[groups[i]];
    return sum > 0 ? std::pow(static_cast<double>(classes[i]) / sum, static_cast<double>(kGatherPower)) : 0;
  };
  for (std::size_t i = 0; i < groups.size(); ++i) powers[groups[i]] += power(i);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const double all = powers[groups[i]];
    classes[i] = all > 0 ? static_cast<float>(sums[groups[i]] * power(i) / all) : 0;
  }
}

double DistanceGate::none(double residual) const { return 1 / (1 + std::exp(offset - slope * residual)); }

std::vector<float> with_gate(std::span<const float> classes, bool has_none_label, double none) {
  std::vector<float> row(classes.begin(), classes.end());
  for (float& probability : row) probability *= static_cast<float>(1 - none);
  if (!has_none_label) row.push_back(0);
  row.back() += static_cast<float>(none);
  return row;
}

std::optional<std::size_t> answer_of(std::span<const float> probabilities, double least_probability) {
  const auto labels = probabilities.first(probabilities.size() - 1);
  const auto best = std::ranges::max_element(labels);
  if (static_cast<double>(*best) < least_probability || *best < probabilities.back()) return std::nullopt;
  return static_cast<std::size_t>(best - labels.begin());
}

Result<std::vector<float>> probabilities_of(const Classifier& classifier, const FeatureTable& table,
                                            std::size_t threads) {
  const std::size_t classes = classifier.regression.classes();
  std::vector<float> found(table.rows() * classes);
  auto done = classifier.regression.probabilities(
      {.values = table.values.data(), .count = table.rows(), .columns = table.columns}, found, threads);
  if (!done) return forward_error(done);
  std::vector<float> result;
  result.reserve(table.rows() * (classifier.labels.size() + 1));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    gather_groups(std::span(found).subspan(i * classes, classes), classifier.groups);
    const auto row = with_gate(std::span(found).subspan(i * classes, classes), classifier.has_none_label,
                               classifier.gate.none(static_cast<double>(table.residuals[i])));
    result.insert(result.end(), row.begin(), row.end());
  }
  return result;
}

Result<Trained> train(const FeatureTable& table, const TrainingOptions& options) {
  auto numbered = number_labels(table, options);
  if (!numbered) return forward_error(numbered);
  if (options.folds < 2) return refuse_training(fmt::format("{} folds: there must be at least 2", options.folds));
  const statistics::LabeledRows rows{
      .rows = {.values = table.values.data(), .count = table.rows(), .columns = table.columns},
      .labels = numbered->numbers,
      .classes = numbered->classes()};
  auto validation = validate(table, rows, options);
  if (!validation) return forward_error(validation);
  const double l2 = validation->strengths[validation->best].l2;
  auto regression = statistics::LogisticRegression::fit(
      rows, {.l2 = l2, .tolerance = 1e-4, .max_iterations = 5000, .threads = options.threads});
  if (!regression) return forward_error(regression);
  const DistanceGate gate = fit_gate(table, *numbered);
  std::vector<std::uint32_t> groups = number_groups(numbered->labels, options.groups);
  const auto held_out = judge_held_out(*numbered, validation->probabilities, table, gate, groups);
  Trained trained{.classifier = {.labels = numbered->labels,
                                 .groups = std::move(groups),
                                 .has_none_label = numbered->has_none,
                                 .regression = *std::move(regression),
                                 .gate = gate,
                                 .least_probability = calibrate_least(held_out, numbered->labels.size(), options.lost)},
                  .l2 = l2,
                  .strengths = std::move(validation->strengths)};
  count(held_out, trained.classifier.labels.size(), trained);
  return trained;
}

}  // namespace vidi::classifier
