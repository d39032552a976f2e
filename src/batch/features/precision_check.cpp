#include "features/precision_check.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "statistics/pca.hpp"

namespace vidi::features {
namespace {

// Components whose subspaces are compared.
constexpr std::size_t kComponents = 10;

Result<std::vector<float>> infer_all(inference::PictureNetwork& network, std::span<const std::uint8_t> pictures,
                                     std::size_t count) {
  std::vector<float> rows(count * network.columns());
  const std::size_t size = pictures.size() / count;
  std::atomic<std::size_t> next = 0;
  std::vector<Result<void>> outcomes(network.streams());
  on_threads(outcomes.size(), [&](std::size_t thread) {
    Result<void>& outcome = outcomes[thread];
    for (std::size_t first = next.fetch_add(network.batch()); first < count && outcome;
         first = next.fetch_add(network.batch())) {
      const std::size_t some = std::min(network.batch(), count - first);
      outcome = network.infer(pictures.subspan(first * size, some * size), some,
                              std::span(rows).subspan(first * network.columns(), some * network.columns()));
    }
  });
  for (Result<void>& outcome : outcomes) {
    if (!outcome) return forward_error(outcome);
  }
  return rows;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    squares_a += static_cast<double>(a[i]) * a[i];
    squares_b += static_cast<double>(b[i]) * b[i];
  }
  const double norms = std::sqrt(squares_a * squares_b);
  return norms == 0 ? 1 : product / norms;
}

Result<statistics::Pca> components_of(std::span<const float> rows, std::size_t columns, std::size_t components) {
  auto moments = statistics::Moments::create(columns);
  if (!moments) return forward_error(moments);
  auto updated = moments->update({.values = rows.data(), .count = rows.size() / columns, .columns = columns});
  if (!updated) return forward_error(updated);
  return statistics::Pca::fit(*moments, {.components = components});
}

// The largest principal angle, in degrees, between the subspaces that two sets of orthonormal rows span: that whose
// cosine is the least singular value of their products (Björck and Golub 1973). Found by power iteration on I - M M',
// whose largest eigenvalue is the sine squared.
double largest_angle(const statistics::Pca& a, const statistics::Pca& b) {
  const std::size_t count = a.count();
  const std::size_t columns = a.columns();
  std::vector<double> products(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = 0; k < columns; ++k) {
        products[i * count + j] += a.components()[i * columns + k] * b.components()[j * columns + k];
      }
    }
  }
  std::vector<double> vector(count, 1.0);
  double sine_squared = 0;
  for (int step = 0; step < 200; ++step) {
    std::vector<double> inner(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) inner[j] += products[i * count + j] * vector[i];
    }
    std::vector<double> next = vector;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) next[i] -= products[i * count + j] * inner[j];
    }
    double norm = 0;
    for (const double value : next) norm += value * value;
    norm = std::sqrt(norm);
    if (norm < 1e-300) return 0;
    double length = 0;
    for (const double value : vector) length += value * value;
    sine_squared = norm / std::sqrt(length);
    for (std::size_t i = 0; i < count; ++i) vector[i] = next[i] / norm;
  }
  return std::asin(std::sqrt(std::clamp(sine_squared, 0.0, 1.0))) * 180 / std::numbers::pi;
}

}  // namespace

Result<PrecisionCheck> check_precision(inference::PictureNetwork& exact, inference::PictureNetwork& network,
                                       std::span<const std::uint8_t> pictures, std::size_t count) {
  auto wanted = infer_all(exact, pictures, count);
  if (!wanted) return forward_error(wanted);
  auto found = infer_all(network, pictures, count);
  if (!found) return forward_error(found);
  const std::size_t columns = exact.columns();
  PrecisionCheck check{.pictures = count, .mean_cosine = 0};
  for (std::size_t i = 0; i < count; ++i) {
    const double similarity =
        cosine(std::span(*wanted).subspan(i * columns, columns), std::span(*found).subspan(i * columns, columns));
    check.mean_cosine += similarity / static_cast<double>(count);
    check.least_cosine = std::min(check.least_cosine, similarity);
  }
  check.components = std::min({kComponents, columns, count / 4});
  if (check.components == 0) return check;
  const auto a = components_of(*wanted, columns, check.components);
  if (!a) return forward_error(a);
  const auto b = components_of(*found, columns, check.components);
  if (!b) return forward_error(b);
  check.angle = largest_angle(*a, *b);
  return check;
}

}  // namespace vidi::features
