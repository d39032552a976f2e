#pragma once
// From the candidates of a picture and what a model makes of each to the digits that stand there.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "digits/find.hpp"

namespace vidi::digits {

// How to understand a model's output: one row of probabilities for each candidate, of `labels` digits and, when
// `has_none` is set, one more class at the end: "this is no digit".
struct OutputRules {
  std::size_t labels = 10;
  bool has_none = false;
  double least_probability = 0;  // of the likeliest label; a digit that is less sure is no digit

  [[nodiscard]] std::size_t columns() const { return labels + (has_none ? 1 : 0); }
};

struct ReadDigit {
  std::size_t candidate = 0;  // counted over all lines; also the row of the model's output
  std::size_t label = 0;
  double probability = 0;
  Box box;
};

// The digits of each line from left to right, or the reason why there are none.
struct Reading {
  std::vector<std::vector<ReadDigit>> lines;  // none of them empty
  std::string reason;
};

// `probabilities` holds columns() values for each candidate, in the order of the lines.
Reading read(const Findings& findings, std::span<const float> probabilities, const OutputRules& rules);

}  // namespace vidi::digits
