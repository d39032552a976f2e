#include "recognition/candidates.hpp"

#include <algorithm>
#include <numeric>

namespace vidi::recognition {

std::vector<records::Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                                std::size_t count) {
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<records::Candidate> candidates;
  for (auto it = order.begin(); it != end; ++it) candidates.push_back({labels[*it], row[*it]});
  return candidates;
}

}  // namespace vidi::recognition
