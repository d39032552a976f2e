#include "inference/openvino/half_weights.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace vidi::inference {
namespace {

// The number whose binary16 has these bits.
double value_of(std::uint16_t bits) {
  const auto exponent = static_cast<int>(bits >> 10U & 0x1fU);
  const auto fraction = static_cast<int>(bits & 0x3ffU);
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

class HalfWeightsTest : public testing::TestWithParam<Instructions> {
 protected:
  void SetUp() override {
    if (best_instructions() < GetParam()) GTEST_SKIP() << "this processor does not have them";
  }
};
INSTANTIATE_TEST_SUITE_P(Instructions, HalfWeightsTest, testing::Values(Instructions::avx2, Instructions::avx512),
                         [](const auto& set) { return set.param == Instructions::avx2 ? "Avx2" : "Avx512"; });

// Every number of rows that a kernel has, and more; outputs and inputs that fill no panel and no step.
TEST_P(HalfWeightsTest, MultipliesLikeTheDefinition) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (const auto& [outputs, inputs] : {std::pair<std::size_t, std::size_t>{70, 131}, {32, 64}, {1, 1}, {16, 5}}) {
    std::vector<std::uint16_t> bits(outputs * inputs);
    for (std::uint16_t& each : bits) each = static_cast<std::uint16_t>(random() & 0xbfffU);  // below 2, subnormal too
    const auto value = [&](std::size_t o, std::size_t i) { return bits[o * inputs + i]; };
    const HalfWeights weights(outputs, inputs, value, GetParam());
    for (std::size_t rows = 1; rows <= 33; ++rows) {
      std::vector<float> x(rows * inputs);
      for (float& each : x) each = uniform(random);
      std::vector<float> y(rows * outputs, NAN);
      weights.multiply(x, rows, y);
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t output = 0; output < outputs; ++output) {
          double expected = 0;
          double size = 0;
          for (std::size_t i = 0; i < inputs; ++i) {
            const double term = value_of(bits[output * inputs + i]) * static_cast<double>(x[row * inputs + i]);
            expected += term;
            size += std::abs(term);
          }
          ASSERT_NEAR(y[row * outputs + output], expected, 1e-6 * size + 1e-30) << rows << " rows, output " << output;
        }
      }
    }
  }
}

TEST_P(HalfWeightsTest, EveryHalfIsTheSameNumber) {
  constexpr std::size_t kFinite = 0x7c00;
  const auto value = [](std::size_t output, std::size_t) { return static_cast<std::uint16_t>(output); };
  const HalfWeights weights(kFinite, 1, value, GetParam());
  std::vector<float> y(kFinite);
  const std::vector<float> one{1};
  weights.multiply(one, 1, y);
  for (std::size_t bits = 0; bits < kFinite; ++bits) {
    ASSERT_EQ(static_cast<double>(y[bits]), value_of(static_cast<std::uint16_t>(bits))) << bits;
  }
}

}  // namespace
}  // namespace vidi::inference
