#include "inference/openvino/winograd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>
#include <vector>

namespace vidi::inference {
namespace {

constexpr std::size_t kKernel = WinogradLayer::kKernel;

struct Case {
  WinogradLayer::Shape shape;
  bool relu;
  Instructions instructions = Instructions::avx512;
};

std::ostream& operator<<(std::ostream& stream, const Case& tried) {
  return stream << tried.shape.inputs << " to " << tried.shape.outputs << " channels, " << tried.shape.height << " x "
                << tried.shape.width << (tried.relu ? ", ReLU" : "")
                << (tried.instructions == Instructions::avx2 ? ", AVX2" : ", AVX-512");
}

class WinogradLayerTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (best_instructions() < GetParam().instructions) GTEST_SKIP() << "this processor does not have them";
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    const auto fill = [&](std::size_t count) {
      std::vector<float> values(count);
      for (float& value : values) value = normal(random);
      return values;
    };
    weights_ = fill(shape_.outputs * shape_.inputs * kKernel * kKernel);
    biases_ = fill(shape_.outputs);
    x_ = fill(shape_.height * shape_.width * shape_.inputs);
  }

  [[nodiscard]] float weight(std::size_t output, std::size_t input, std::size_t y, std::size_t x) const {
    return weights_[((output * shape_.inputs + input) * kKernel + y) * kKernel + x];
  }

  // By the definition: the sum, and the sum of its terms' sizes.
  [[nodiscard]] std::pair<double, double> expected(std::size_t output, std::size_t y, std::size_t x) const {
    double sum = static_cast<double>(biases_[output]);
    double size = std::abs(sum);
    for (std::size_t i = 0; i < kKernel * kKernel; ++i) {
      const std::size_t row = y + i / kKernel;
      const std::size_t column = x + i % kKernel;
      if (row < 2 || column < 2 || row >= shape_.height + 2 || column >= shape_.width + 2) continue;
      for (std::size_t input = 0; input < shape_.inputs; ++input) {
        const float pixel = x_[((row - 2) * shape_.width + column - 2) * shape_.inputs + input];
        const double term =
            static_cast<double>(pixel) * static_cast<double>(weight(output, input, i / kKernel, i % kKernel));
        sum += term;
        size += std::abs(term);
      }
    }
    return {GetParam().relu ? std::max(0.0, sum) : sum, size};
  }

  const WinogradLayer::Shape shape_ = GetParam().shape;
  std::vector<float> weights_;
  std::vector<float> biases_;
  std::vector<float> x_;
};

TEST_P(WinogradLayerTest, ComputesWhatTheDefinitionSays) {
  const WinogradLayer layer(
      shape_, [this](std::size_t o, std::size_t i, std::size_t y, std::size_t x) { return weight(o, i, y, x); },
      biases_, GetParam().relu);
  std::vector<float> answer(shape_.height * shape_.width * shape_.outputs, NAN);
  layer.apply(x_, answer);
  for (std::size_t y = 0; y < shape_.height; ++y) {
    for (std::size_t x = 0; x < shape_.width; ++x) {
      for (std::size_t output = 0; output < shape_.outputs; ++output) {
        const auto [sum, size] = expected(output, y, x);
        ASSERT_NEAR(answer[(y * shape_.width + x) * shape_.outputs + output], sum, 3e-6 * size)
            << "output " << output << " at " << y << ", " << x;
      }
    }
  }
}

// The tutorial's layer; one tile; sizes that end within a tile; more tiles than are worked on together.
std::vector<Case> cases() {
  std::vector<Case> all{{{.inputs = 32, .outputs = 64, .height = 14, .width = 14}, true},
                        {{.inputs = 16, .outputs = 32, .height = 4, .width = 4}, false},
                        {{.inputs = 16, .outputs = 32, .height = 1, .width = 1}, false},
                        {{.inputs = 48, .outputs = 96, .height = 3, .width = 9}, true},
                        {{.inputs = 16, .outputs = 32, .height = 21, .width = 18}, true}};
  const std::size_t count = all.size();
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(all[i]);
    all.back().instructions = Instructions::avx2;
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Shapes, WinogradLayerTest, testing::ValuesIn(cases()));

}  // namespace
}  // namespace vidi::inference
