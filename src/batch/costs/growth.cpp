#include "costs/growth.hpp"

#include <algorithm>
#include <ranges>

namespace vidi::costs {
namespace {

double relative_error(const Growth& growth, const Point& point) {
  const double error = growth.fixed * point.parts + growth.each * point.pictures - point.amount;
  return error / std::max(point.amount, 1.0);
}

double sum_of_squares(const Growth& growth, std::span<const Point> points) {
  double sum = 0;
  for (const Point& point : points) sum += relative_error(growth, point) * relative_error(growth, point);
  return sum;
}

// The sums of the normal equations, weighted with 1 / amount^2.
struct NormalEquations {
  explicit NormalEquations(std::span<const Point> points) {
    for (const Point& point : points) {
      const double unit = std::max(point.amount, 1.0);
      const double parts = point.parts / unit;
      const double pictures = point.pictures / unit;
      const double amount = point.amount / unit;
      parts_parts += parts * parts;
      parts_pictures += parts * pictures;
      pictures_pictures += pictures * pictures;
      parts_amount += parts * amount;
      pictures_amount += pictures * amount;
    }
  }

  double parts_parts = 0;
  double parts_pictures = 0;
  double pictures_pictures = 0;
  double parts_amount = 0;
  double pictures_amount = 0;
};

}  // namespace

bool differ_in_size(std::span<const Point> points) {
  const auto [least, largest] = std::ranges::minmax(
      points | std::views::transform([](const Point& point) { return point.pictures / point.parts; }));
  return largest >= kLeastRatioOfSizes * least;
}

Growth fit_growth(std::span<const Point> points) {
  const NormalEquations sums(points);
  const double determinant = sums.parts_parts * sums.pictures_pictures - sums.parts_pictures * sums.parts_pictures;
  const Growth free{
      .fixed = (sums.parts_amount * sums.pictures_pictures - sums.pictures_amount * sums.parts_pictures) / determinant,
      .each = (sums.pictures_amount * sums.parts_parts - sums.parts_amount * sums.parts_pictures) / determinant};
  if (free.fixed >= 0 && free.each >= 0) return free;
  // The sum is convex, so the least that is allowed lies where one part is 0.
  const Growth all_fixed{.fixed = sums.parts_amount / sums.parts_parts, .each = 0};
  const Growth none_fixed{.fixed = 0, .each = sums.pictures_amount / sums.pictures_pictures};
  return sum_of_squares(all_fixed, points) < sum_of_squares(none_fixed, points) ? all_fixed : none_fixed;
}

Growth fit_growth_above(double fixed, std::span<const Point> points) {
  const NormalEquations sums(points);
  return {.fixed = fixed, .each = (sums.pictures_amount - fixed * sums.parts_pictures) / sums.pictures_pictures};
}

}  // namespace vidi::costs
