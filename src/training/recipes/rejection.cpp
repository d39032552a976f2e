#include "recipes/rejection.hpp"

#include <algorithm>

namespace vidi::recipes {

bool accepted(const HeldOutAnswer& answer, double least_probability) { return answer.probability >= least_probability; }

double accepted_part(std::span<const HeldOutAnswer> answers, double least_probability) {
  if (answers.empty()) return 0;
  const auto count =
      std::ranges::count_if(answers, [&](const HeldOutAnswer& answer) { return accepted(answer, least_probability); });
  return static_cast<double>(count) / static_cast<double>(answers.size());
}

double calibrate(std::span<const Limit> limits) {
  constexpr int kLeast = 10;
  constexpr int kGreatest = 90;
  for (int percent = kGreatest; percent > kLeast; --percent) {
    const double least = percent / 100.0;
    const bool kept = std::ranges::all_of(
        limits, [&](const Limit& limit) { return accepted_part(limit.digits, least) >= 1.0 - limit.lost; });
    if (kept) return least;
  }
  return kLeast / 100.0;
}

}  // namespace vidi::recipes
