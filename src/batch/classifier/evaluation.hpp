#pragma once
// What a classifier makes of labeled pictures that it has not learned from.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "classifier/classifier.hpp"
#include "classifier/feature_table.hpp"
#include "core/result.hpp"
#include "datasets/accuracy.hpp"

namespace vidi::classifier {

// What a label is a variety of, by label; one that is not in it stands for itself.
using Groups = std::map<std::string, std::string>;

struct LabelCounts {
  std::size_t count = 0;  // rows of the label
  std::size_t correct = 0;
  std::size_t group = 0;     // answered with a label of the same group
  std::size_t none = 0;      // no answer
  std::size_t answered = 0;  // rows of any label that were answered with this one
};

struct Evaluation {
  datasets::Accuracy labels;  // no answer is wrong
  datasets::Accuracy groups;
  datasets::Accuracy none;  // rows of none that got no answer
  std::vector<LabelCounts> by_label;
  // confusion[truth][answer], labels in their order, then none.
  std::vector<std::vector<std::size_t>> confusion;
};

// Rows with the label `none` are pictures of none of the labels. Errors invalid_argument: a label that the classifier
// does not have (the message names them), or another number of columns.
Result<Evaluation> evaluate(const Classifier& classifier, const FeatureTable& table, const std::string& none,
                            const Groups& groups, std::size_t threads = 0);

}  // namespace vidi::classifier
