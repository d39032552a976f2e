#include "classifier/evaluation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <span>

namespace vidi::classifier {
namespace {

Result<std::vector<std::size_t>> truths_of(const Classifier& classifier, const FeatureTable& table,
                                           const std::string& none) {
  std::map<std::string, std::size_t> number;
  for (std::size_t k = 0; k < classifier.labels.size(); ++k) number[classifier.labels[k]] = k;
  if (!none.empty()) number[none] = classifier.labels.size();
  std::vector<std::size_t> truths;
  std::set<std::string> unknown;
  for (const std::string& label : table.labels) {
    const auto found = number.find(label);
    if (found == number.end()) unknown.insert('"' + label + '"');
    truths.push_back(found == number.end() ? 0 : found->second);
  }
  if (unknown.empty()) return truths;
  return fail(ErrorCode::invalid_argument,
              fmt::format("the pictures to test with have {} that none was learned from: {}",
                          unknown.size() == 1 ? "a label" : fmt::format("{} labels", unknown.size()),
                          fmt::join(unknown, ", ")));
}

}  // namespace

Result<Evaluation> evaluate(const Classifier& classifier, const FeatureTable& table, const std::string& none,
                            const Groups& groups, std::size_t threads) {
  const auto truths = truths_of(classifier, table, none);
  if (!truths) return forward_error(truths);
  const auto probabilities = probabilities_of(classifier, table, threads);
  if (!probabilities) return forward_error(probabilities);
  const std::size_t labels = classifier.labels.size();
  const auto group_of = [&](std::size_t label) {
    const auto found = groups.find(classifier.labels[label]);
    return found == groups.end() ? classifier.labels[label] : found->second;
  };
  Evaluation evaluation;
  evaluation.by_label.resize(labels);
  evaluation.confusion.assign(labels + 1, std::vector<std::size_t>(labels + 1));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const auto row = std::span(*probabilities).subspan(i * (labels + 1), labels + 1);
    const auto answer = answer_of(row, classifier.least_probability);
    const std::size_t truth = (*truths)[i];
    ++evaluation.confusion[truth][answer.value_or(labels)];
    if (answer) ++evaluation.by_label[*answer].answered;
    if (truth == labels) {
      ++evaluation.none.count;
      if (!answer) ++evaluation.none.correct;
      continue;
    }
    LabelCounts& counts = evaluation.by_label[truth];
    ++counts.count;
    ++evaluation.labels.count;
    ++evaluation.groups.count;
    if (!answer) ++counts.none;
    if (answer == truth) {
      ++counts.correct;
      ++evaluation.labels.correct;
    }
    if (answer && group_of(*answer) == group_of(truth)) {
      ++counts.group;
      ++evaluation.groups.correct;
    }
  }
  return evaluation;
}

}  // namespace vidi::classifier
