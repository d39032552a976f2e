// What vidi computes itself in a network gives what OpenVINO's own operations give.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "inference/load.hpp"

namespace vidi::inference {
namespace {

// Its second convolution is by 5x5 kernels, and its first dense layer has three million weights in half precision.
const std::string kCnn = MODELS_DIR "/digits-cnn/1/model.onnx";

Tensor noise(std::int64_t rows) {
  std::mt19937 random(static_cast<std::uint32_t>(rows));
  std::uniform_real_distribution<float> uniform(0, 1);
  Tensor tensor{{rows, 28, 28, 1}, std::vector<float>(static_cast<std::size_t>(rows) * 784)};
  // Blank places, as in a picture of a digit: where all is noise, one class is always certain.
  for (float& value : tensor.values) value = std::max(0.0F, uniform(random) - 0.7F);
  return tensor;
}

TEST(OwnOperations, GiveTheSameAnswers) {
  // Only networks that one thread computes have operations of our own.
  auto own = load_model(kCnn, {.threads = 1, .streams = 1});
  auto theirs = load_model(kCnn, {.threads = 2, .streams = 1});
  ASSERT_TRUE(own) << own.error().message;
  ASSERT_TRUE(theirs) << theirs.error().message;
  double most = 0;
  for (const std::int64_t rows : {1, 2, 3, 7, 14, 15, 32, 33, 64, 1}) {
    const auto mine = run((*own)->infer(noise(rows)));
    const auto other = run((*theirs)->infer(noise(rows)));
    ASSERT_TRUE(mine) << mine.error().message;
    ASSERT_TRUE(other) << other.error().message;
    ASSERT_EQ(mine->shape, other->shape);
    for (std::size_t i = 0; i < mine->values.size(); ++i) {
      ASSERT_NEAR(mine->values[i], other->values[i], 2e-5) << rows << " rows, value " << i;
      if (mine->values[i] < 0.9F) most = std::max(most, static_cast<double>(mine->values[i]));
    }
  }
  EXPECT_GT(most, 0.1) << "the rows are too easy for a difference to show";
}

TEST(OwnOperations, SeveralStreamsDoNotDisturbEachOther) {
  auto alone = load_model(kCnn, {.threads = 1, .streams = 1});
  auto several = load_model(kCnn, {.threads = 1, .streams = 4});
  ASSERT_TRUE(alone) << alone.error().message;
  ASSERT_TRUE(several) << several.error().message;
  std::vector<Tensor> expected;
  for (std::int64_t rows = 1; rows <= 5; ++rows) expected.push_back(*run((*alone)->infer(noise(rows))));
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          const std::int64_t rows = 1 + i % 5;
          const auto answer = run((*several)->infer(noise(rows)));
          const Tensor& right = expected[static_cast<std::size_t>(rows) - 1];
          const auto near = [](float a, float b) { return std::abs(a - b) < 2e-5F; };
          if (!answer || !std::ranges::equal(answer->values, right.values, near)) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vidi::inference
