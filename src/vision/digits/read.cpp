#include "digits/read.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

namespace vidi::digits {
namespace {

// What the model makes of one candidate.
struct Opinion {
  std::size_t label = 0;
  double digit = 0;  // probability of that label
  double none = 0;   // probability that it is no digit
};

Opinion opinion_of(std::span<const float> row, const OutputRules& rules) {
  const auto labels = row.first(rules.labels);
  const auto best = std::ranges::max_element(labels);
  return {static_cast<std::size_t>(best - labels.begin()), *best, rules.has_none ? row[rules.labels] : 1.0F - *best};
}

bool is_digit(const Opinion& opinion, const Candidate& candidate, const OutputRules& rules) {
  const double digit = opinion.digit * std::exp(std::max(0.0, -candidate.doubt));
  return digit >= rules.least_probability;
}

double log_of(double probability) { return std::log(std::max(probability, 1e-6)); }

// An upright stroke that was cut out of something is more often a part of a letter than a 1.
constexpr std::size_t kOne = 1;
constexpr double kDoubtOfCutOne = 0.55;

// How well a candidate is explained, by a digit or as something that is none; at most 0.
double merit(const Candidate& candidate, const Opinion& opinion) {
  const bool cut_one = candidate.doubt > 0 && opinion.label == kOne;
  const double digit = log_of(opinion.digit) - (cut_one ? kDoubtOfCutOne : 0);
  const double none = log_of(0.5 * opinion.none);
  return std::max(digit, none) - candidate.doubt;
}

struct Step {
  double score = -std::numeric_limits<double>::infinity();
  std::size_t candidate = 0;  // of the line
};

// The division of a line into candidates that the model is surest of, each candidate weighed by its ink: longest path
// over the cuts. Returns candidates from left to right.
std::vector<std::size_t> best_division(const Line& line, std::span<const Opinion> opinions) {
  std::vector<Step> steps(static_cast<std::size_t>(line.pieces) + 1);
  steps[0].score = 0;
  for (int end = 1; end <= line.pieces; ++end) {
    for (std::size_t i = 0; i < line.candidates.size(); ++i) {
      const Candidate& candidate = line.candidates[i];
      if (candidate.last != end) continue;
      const Opinion& opinion = opinions[i];
      const double score =
          steps[static_cast<std::size_t>(candidate.first)].score + candidate.ink * merit(candidate, opinion);
      if (score > steps[static_cast<std::size_t>(end)].score) steps[static_cast<std::size_t>(end)] = {score, i};
    }
  }
  std::vector<std::size_t> division;
  for (int end = line.pieces; end > 0;) {
    if (std::isinf(steps[static_cast<std::size_t>(end)].score)) return {};
    division.push_back(steps[static_cast<std::size_t>(end)].candidate);
    end = line.candidates[division.back()].first;
  }
  std::ranges::reverse(division);
  return division;
}

// A line where less of the ink than this reads as digits is other writing.
constexpr double kLeastShareOfLine = 0.5;
// Of the whole picture: a digit may stand among other things, a page of letters holds none.
constexpr double kLeastShareOfPicture = 0.2;

// Ink that reads as digits, as parts of all ink.
struct Share {
  double ink = 0;
  double sureness = 0;  // each digit's ink by its probability

  void add(const Share& other) {
    ink += other.ink;
    sureness += other.sureness;
  }
};

// What one view of the picture reads as.
struct ViewReading {
  std::vector<std::vector<ReadDigit>> lines;
  Share digits;
  Share cut;  // of those, what was cut out of something or put together
};

// Many upright strokes in a row are a bar code, grain or a fence, no number.
bool are_bars(std::span<const ReadDigit> digits) {
  constexpr std::size_t kMany = 5;
  constexpr double kMost = 0.8;
  const auto ones = std::ranges::count(digits, kOne, &ReadDigit::label);
  return digits.size() >= kMany && static_cast<double>(ones) >= kMost * static_cast<double>(digits.size());
}

void add_line(ViewReading& view, const Line& line, std::size_t row, std::span<const float> probabilities,
              const OutputRules& rules) {
  std::vector<Opinion> opinions;
  for (std::size_t i = 0; i < line.candidates.size(); ++i) {
    opinions.push_back(opinion_of(probabilities.subspan((row + i) * rules.columns(), rules.columns()), rules));
  }
  std::vector<ReadDigit> digits;
  double line_ink = 0;
  Share all;
  Share cut;
  for (const std::size_t i : best_division(line, opinions)) {
    const Candidate& candidate = line.candidates[i];
    line_ink += candidate.ink;
    if (!is_digit(opinions[i], candidate, rules)) continue;
    const Share digit{candidate.ink, candidate.ink * opinions[i].digit};
    all.add(digit);
    if (candidate.doubt > 0) cut.add(digit);
    digits.push_back({row + i, opinions[i].label, opinions[i].digit, candidate.box});
  }
  if (digits.empty() || all.ink < kLeastShareOfLine * line_ink || are_bars(digits)) return;
  view.digits.add(all);
  view.cut.add(cut);
  view.lines.push_back(std::move(digits));
}

// Noise and textures hold much that looks a little like a digit; of a number that was written most digits are plain.
// Letters, symbols and scribbles can nearly always be cut into something: then the digits must be plainer.
bool is_guesswork(const ViewReading& view) {
  constexpr double kLeastMean = 0.6;
  constexpr double kLeastMeanOfCut = 0.7;
  if (view.cut.ink > 0.5 * view.digits.ink && view.cut.sureness < kLeastMeanOfCut * view.cut.ink) return true;
  const bool several = view.lines.size() > 1 || view.lines.front().size() > 1;
  return several && view.digits.sureness < kLeastMean * view.digits.ink;
}

}  // namespace

Reading read(const Findings& findings, std::span<const float> probabilities, const OutputRules& rules) {
  Reading reading;
  reading.reason = findings.reason;
  if (findings.lines.empty()) return reading;
  std::vector<ViewReading> views(static_cast<std::size_t>(findings.lines.back().view) + 1);
  std::size_t row = 0;
  for (const Line& line : findings.lines) {
    assert((row + line.candidates.size()) * rules.columns() <= probabilities.size());
    add_line(views[static_cast<std::size_t>(line.view)], line, row, probabilities, rules);
    row += line.candidates.size();
  }
  // The earlier of two that are about as sure.
  constexpr double kClearly = 0.1;
  ViewReading* best = &views.front();
  for (ViewReading& view : views) {
    if (view.digits.sureness > best->digits.sureness + kClearly) best = &view;
  }
  if (best->lines.empty() || best->digits.ink < kLeastShareOfPicture || is_guesswork(*best)) {
    reading.reason = "nothing in the picture looks like a digit";
    return reading;
  }
  reading.lines = std::move(best->lines);
  return reading;
}

}  // namespace vidi::digits
