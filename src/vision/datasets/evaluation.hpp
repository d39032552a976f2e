#pragma once
// What a model answered about labeled pictures: how often it was right, and what it took for what.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/accuracy.hpp"

namespace vidi::datasets {

// The name of a folder with pictures about which no answer is right. A model's label of that name comes first.
inline constexpr std::string_view kNoneOfThem = "none";

// One thread at a time.
class Evaluation {
 public:
  // `groups`: of each of the model's labels what it is a variety of: itself, or another name.
  explicit Evaluation(std::map<std::string, std::string, std::less<>> groups);

  // Whether pictures can be of that: a label, a group or "none".
  [[nodiscard]] bool knows(std::string_view truth) const;
  // Everything that pictures can be of, but "none".
  [[nodiscard]] std::vector<std::string> known() const;

  // `truth` is known. An absent answer: the picture holds nothing the model knows.
  void add(const std::string& truth, const std::optional<std::string>& answer);

  struct Row {
    std::size_t pictures = 0;
    std::size_t right = 0;
    std::size_t right_group = 0;  // the same, or another variety of the same
    std::size_t none = 0;         // without an answer
    std::map<std::string, std::size_t> answers;
  };

  // By what the pictures are of.
  [[nodiscard]] const std::map<std::string, Row>& rows() const { return rows_; }

  // Of a picture of a label that label is right; of a picture of a group any of its varieties; of "none" no answer.
  [[nodiscard]] Accuracy accuracy() const;
  // Of a picture of a label any variety of its group is right too.
  [[nodiscard]] Accuracy group_accuracy() const;
  [[nodiscard]] std::size_t none() const;

  struct Confusion {
    std::string truth;
    std::string answer;  // empty: none
    std::size_t count = 0;
  };

  // What was taken for what else, the most frequent first, then by name.
  [[nodiscard]] std::vector<Confusion> confusions() const;

 private:
  [[nodiscard]] bool is_right(const std::string& truth, const std::optional<std::string>& answer) const;
  [[nodiscard]] bool is_right_group(const std::string& truth, const std::optional<std::string>& answer) const;

  const std::map<std::string, std::string, std::less<>> groups_;
  std::map<std::string, Row> rows_;
};

}  // namespace vidi::datasets
