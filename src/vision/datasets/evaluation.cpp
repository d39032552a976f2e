#include "datasets/evaluation.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace vidi::datasets {

Evaluation::Evaluation(std::map<std::string, std::string, std::less<>> groups) : groups_(std::move(groups)) {}

bool Evaluation::knows(std::string_view truth) const {
  return truth == kNoneOfThem || groups_.contains(truth) ||
         std::ranges::any_of(groups_, [&](const auto& each) { return each.second == truth; });
}

std::vector<std::string> Evaluation::known() const {
  std::set<std::string> names;
  for (const auto& [label, group] : groups_) {
    names.insert(label);
    names.insert(group);
  }
  return {names.begin(), names.end()};
}

bool Evaluation::is_right(const std::string& truth, const std::optional<std::string>& answer) const {
  return groups_.contains(truth) ? answer == truth : is_right_group(truth, answer);
}

bool Evaluation::is_right_group(const std::string& truth, const std::optional<std::string>& answer) const {
  const auto label = groups_.find(truth);
  const std::string& wanted = label != groups_.end() ? label->second : truth;
  if (!answer) return label == groups_.end() && truth == kNoneOfThem;
  const auto answered = groups_.find(*answer);
  return answered != groups_.end() && answered->second == wanted;
}

void Evaluation::add(const std::string& truth, const std::optional<std::string>& answer) {
  Row& row = rows_[truth];
  ++row.pictures;
  if (is_right(truth, answer)) ++row.right;
  if (is_right_group(truth, answer)) ++row.right_group;
  if (answer) {
    ++row.answers[*answer];
  } else {
    ++row.none;
  }
}

Accuracy Evaluation::accuracy() const {
  Accuracy accuracy;
  for (const auto& [truth, row] : rows_) {
    accuracy.correct += row.right;
    accuracy.count += row.pictures;
  }
  return accuracy;
}

Accuracy Evaluation::group_accuracy() const {
  Accuracy accuracy;
  for (const auto& [truth, row] : rows_) {
    accuracy.correct += row.right_group;
    accuracy.count += row.pictures;
  }
  return accuracy;
}

std::size_t Evaluation::none() const {
  std::size_t count = 0;
  for (const auto& [truth, row] : rows_) count += row.none;
  return count;
}

std::vector<Evaluation::Confusion> Evaluation::confusions() const {
  std::vector<Confusion> result;
  for (const auto& [truth, row] : rows_) {
    for (const auto& [answer, count] : row.answers) {
      if (!is_right(truth, answer)) result.push_back({truth, answer, count});
    }
    if (row.none > 0 && !is_right(truth, std::nullopt)) result.push_back({truth, "", row.none});
  }
  std::ranges::sort(result, [](const Confusion& left, const Confusion& right) {
    return std::tie(right.count, left.truth, left.answer) < std::tie(left.count, right.truth, right.answer);
  });
  return result;
}

}  // namespace vidi::datasets
