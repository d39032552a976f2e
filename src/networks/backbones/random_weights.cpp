#include "backbones/random_weights.hpp"

#include <algorithm>
#include <cmath>

namespace vidi::backbones {
namespace {

constexpr std::uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;

constexpr std::uint64_t finalize(std::uint64_t x) {
  x = (x ^ x >> 30U) * 0xbf58'476d'1ce4'e5b9;
  x = (x ^ x >> 27U) * 0x94d0'49bb'1331'11eb;
  return x ^ x >> 31U;
}

// FNV-1a: the layer's name as a number.
std::uint64_t number_of(std::string_view name) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
  for (const char letter : name) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3;
  return hash;
}

class RandomWeights final : public WeightSource {
 public:
  explicit RandomWeights(std::uint64_t seed) : seed_(seed) {}

  Result<void> read(const Variable& variable, std::span<float> values) override {
    if (variable.name != "kernel") {
      const bool is_one = variable.name == "gamma" || variable.name == "moving_variance";
      std::ranges::fill(values, is_one ? 1.0F : 0.0F);
      return {};
    }
    const auto& shape = variable.shape;
    const auto paths = static_cast<double>(shape[0] * shape[1] * (shape[2] + shape[3]));
    const auto limit = static_cast<float>(std::sqrt(6 / paths));
    const std::uint64_t stream = finalize(seed_ * kGolden + number_of(variable.layer));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = limit * noise(stream, i);
    return {};
  }

 private:
  std::uint64_t seed_;
};

}  // namespace

float noise(std::uint64_t stream, std::uint64_t i) {
  const auto bits = static_cast<std::int32_t>(finalize(stream + (i + 1) * kGolden) >> 40U);
  return static_cast<float>(bits - (1 << 23)) * 0x1p-23F;
}

std::unique_ptr<WeightSource> make_random_weights(std::uint64_t seed) { return std::make_unique<RandomWeights>(seed); }

}  // namespace vidi::backbones
