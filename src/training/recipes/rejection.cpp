#include "recipes/rejection.hpp"

#include <algorithm>

namespace vidi::recipes {

bool accepted(const Verdict& verdict, double least_probability) { return verdict.probability >= least_probability; }

double accepted_part(std::span<const Verdict> verdicts, double least_probability) {
  if (verdicts.empty()) return 0;
  const auto count =
      std::ranges::count_if(verdicts, [&](const Verdict& verdict) { return accepted(verdict, least_probability); });
  return static_cast<double>(count) / static_cast<double>(verdicts.size());
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
