#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>
#include <vector>

#include "inference/fake.hpp"
#include "inference/load.hpp"
#include "inference/test_leaks.hpp"

namespace vidi::inference {
namespace {

using testing::HasSubstr;

const std::string kSoftmax = MODELS_DIR "/digits-softmax/1/model.onnx";

Tensor ramp(std::int64_t batch, float start) {
  Tensor tensor{{batch, 28, 28, 1}, std::vector<float>(static_cast<std::size_t>(batch) * 784)};
  for (std::size_t i = 0; i < tensor.values.size(); ++i) {
    tensor.values[i] = start + static_cast<float>(i % 97) / 97.0F;
  }
  return tensor;
}

TEST(OpenVino, AnswersProbabilitiesForEachRowOfABatch) {
  auto model = load_model(kSoftmax, {.input = "image", .output = "probabilities"});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->input().shape, (std::vector<std::int64_t>{-1, 28, 28, 1}));
  const auto answer = run((*model)->infer(ramp(3, 0)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->shape, (std::vector<std::int64_t>{3, 10}));
  for (std::size_t row = 0; row < 3; ++row) {
    float sum = 0;
    for (std::size_t k = 0; k < 10; ++k) sum += answer->values[row * 10 + k];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
}

TEST(OpenVino, RefusesShapesThatDoNotFitAndNamesThem) {
  auto model = load_model(kSoftmax, {});
  ASSERT_TRUE(model) << model.error().message;
  Tensor wrong{{1, 27, 28, 1}, std::vector<float>(756)};
  EXPECT_THAT(run((*model)->infer(wrong)).error().message, HasSubstr("[1,27,28,1]"));
  Tensor few{{1, 28, 28, 1}, std::vector<float>(3)};
  EXPECT_THAT(run((*model)->infer(few)).error().message, HasSubstr("3 values"));
}

TEST(OpenVino, ThreadsGetTheirOwnAnswers) {
  auto loaded = load_model(kSoftmax, {});
  ASSERT_TRUE(loaded) << loaded.error().message;
  Model& model = **loaded;
  std::vector<std::vector<float>> alone;
  for (int i = 0; i < 8; ++i) alone.push_back(run(model.infer(ramp(1, static_cast<float>(i) / 8)))->values);
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 200; ++k) {
        wrong += run(model.infer(ramp(1, static_cast<float>(i) / 8)))->values != alone[i] ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(OpenVino, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(load_model("no/such/model.onnx", {}).error().code, ErrorCode::not_found);
  EXPECT_THAT(load_model(kSoftmax, {.input = "picture"}).error().message,
              HasSubstr("no input 'picture'; it has image"));
  const std::string broken = testing::TempDir() + "broken.onnx";
  std::ofstream(broken) << "this is no network";
  const NoLeakCheck openvino;
  EXPECT_EQ(load_model(broken, {}).error().code, ErrorCode::invalid_argument);
}

TEST(Fake, ItsAnswerFollowsFromItsInput) {
  const auto model = make_fake_model(2, 2, 3);
  Tensor input{{2, 2, 2, 1}, {1, 0, 0, 0, 1, 1, 0, 0}};
  const auto answer = run(model->infer(input));
  EXPECT_FLOAT_EQ(answer->values[1], 0.9F);
  EXPECT_FLOAT_EQ(answer->values[3 + 2], 0.9F);
}

}  // namespace
}  // namespace vidi::inference
