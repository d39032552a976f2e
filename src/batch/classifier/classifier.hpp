#pragma once
// A classifier of pictures by their reduced features, which also says when a picture is none of what it knows.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "classifier/feature_table.hpp"
#include "core/result.hpp"
#include "statistics/cross_validation.hpp"
#include "statistics/logistic_regression.hpp"

namespace vidi::classifier {

// How sure it is, from its distance alone, that a picture is like nothing that was learned from: 1 / (1 + exp(-(slope *
// residual - offset))), and the regression decides about what is left. The idea is that of the virtual logit of Wang,
// Li, Feng and Zhang ("ViM: Out-Of-Distribution with Virtual-logit Matching", 2022): softmax alone is sure of one label
// or another, however strange the picture is.
struct DistanceGate {
  double slope = 0;
  double offset = 0;

  [[nodiscard]] double none(double residual) const;
  [[nodiscard]] bool is_on() const { return slope > 0; }
};

// Labels in their order, then none of them: the classes of the model.
struct Classifier {
  std::vector<std::string> labels;
  // The group of each label, as a number; empty: no two labels are of the same group. What is probable of a group goes
  // to its likeliest labels (gather_groups), so that an apple is not lost among the kinds of apple.
  std::vector<std::uint32_t> groups;
  bool has_none_label = false;  // the regression has a class for none after the labels
  statistics::LogisticRegression regression;
  DistanceGate gate;
  double least_probability = 0;  // of the likeliest label
};

struct TrainingOptions {
  std::map<std::string, std::string> groups;  // of labels that are varieties of one thing
  std::optional<double> l2;                   // absent: chosen by cross-validation
  std::size_t folds = 5;
  std::uint64_t seed = 0;
  std::string none;     // the label of pictures that are none of the others; empty: there are none
  double lost = 0.005;  // of the right answers to what was held out, at most that part may become no answer
  std::size_t threads = 0;
  std::function<void(std::size_t done, std::size_t all)> progress;  // of the fits of the cross-validation
};

// What held-out rows say.
struct Trained {
  Classifier classifier;
  double l2 = 0;
  std::vector<statistics::CrossValidation::Strength> strengths;  // strongest first
  std::size_t correct = 0;                                       // of rows with a label that is not none
  std::size_t rows = 0;
  std::size_t lost = 0;           // right answers that are no answer, since they are not sure enough
  std::size_t none_rows = 0;      // held-out rows of none
  std::size_t none_accepted = 0;  // and those that got a label
};

// Errors: invalid_argument (no rows; fewer than two labels; a label with one picture, which cannot be both learned and
// held out; no rows of `none`), and those of the regression.
Result<Trained> train(const FeatureTable& table, const TrainingOptions& options);

// The probabilities of a row: of the labels, and of none last. `classes`: those of the regression.
std::vector<float> with_gate(std::span<const float> classes, bool has_none_label, double none);

// Gives each label of a group the group's probability by the 16th power of its share: nearly all of it to the
// likeliest. `groups`: as in Classifier; further classes are groups of their own.
void gather_groups(std::span<float> classes, std::span<const std::uint32_t> groups);
inline constexpr float kGatherPower = 16;

// The label that a row of such probabilities is answered with; absent: none.
std::optional<std::size_t> answer_of(std::span<const float> probabilities, double least_probability);

// Probabilities as with_gate() makes them, of every row. Error invalid_argument: another number of columns.
Result<std::vector<float>> probabilities_of(const Classifier& classifier, const FeatureTable& table,
                                            std::size_t threads = 0);

}  // namespace vidi::classifier
