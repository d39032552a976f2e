#include "recognition/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace vidi::recognition {

using records::Candidate;

std::vector<Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                       std::size_t count) {
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<Candidate> candidates;
  candidates.reserve(std::min(count, order.size()));
  for (auto it = order.begin(); it != end; ++it) candidates.push_back({labels[*it], row[*it]});
  return candidates;
}

void describe_row(std::span<const float> row, const models::Description& description, std::size_t candidates,
                  records::Prediction& prediction) {
  prediction.candidates = best_candidates(row, description.labels, std::max<std::size_t>(1, candidates));
  const Candidate& best = prediction.candidates.front();
  if (best.probability >= description.least_probability) {
    prediction.result = best.label;
    prediction.confidence = best.probability;
    return;
  }
  prediction.confidence = 0;
  prediction.reason = fmt::format("the likeliest, {}, has the probability {:.2f}, and {:.2f} are needed", best.label,
                                  best.probability, description.least_probability);
}

}  // namespace vidi::recognition
