#include "recipes/softmax.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "recipes/check_onnx.hpp"

namespace vidi::recipes {
namespace {

using testing::HasSubstr;

// Keeps every step.
class Recorder final : public ProgressReporter {
 public:
  void report(const Progress& progress) override { steps.push_back(progress); }
  void note(std::string_view /*text*/) override {}
  void finish() override { finished = true; }

  [[nodiscard]] double mean_loss(std::size_t first, std::size_t count) const {
    double sum = 0.0;
    for (std::size_t i = first; i < first + count; ++i) sum += steps.at(i).loss;
    return sum / static_cast<double>(count);
  }

  std::vector<Progress> steps;
  bool finished = false;
};

// MNIST's test set in two parts: 8,000 pictures to train on, 2,000 to measure with.
class Softmax : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    ASSERT_TRUE(loaded) << loaded.error().message;
    digits() = *std::move(loaded);
  }
  static datasets::LabeledImages& digits() {
    static datasets::LabeledImages images;
    return images;
  }
  static ImageRange train() { return {&digits(), 0, 8000}; }
  static ImageRange held_out() { return {&digits(), 8000, 2000}; }

  Result<SoftmaxRegression> fit(const SoftmaxOptions& options) {
    return train_softmax(train(), options, {.progress = recorder_, .stop = stop_});
  }
  Bytes file(const SoftmaxOptions& options) {
    const auto model = fit(options);
    return model ? to_onnx(*model).value_or(Bytes{}) : Bytes{};
  }
  std::string refusal(const SoftmaxOptions& options) {
    const auto model = fit(options);
    EXPECT_FALSE(model) << "the options were accepted";
    return model ? "" : model.error().message;
  }

  Recorder recorder_;
  std::atomic<bool> stop_ = false;
};

TEST_F(Softmax, LearnsDigits) {
  const auto model = fit({.steps = 400});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_NEAR(recorder_.steps.front().loss, 2.302585, 1e-4) << "zeros give every digit a tenth: the loss is ln 10";
  EXPECT_LT(recorder_.mean_loss(350, 50), 0.5 * recorder_.mean_loss(0, 10));
  EXPECT_TRUE(recorder_.finished);
  const datasets::Accuracy accuracy = evaluate(*model, held_out());
  EXPECT_EQ(accuracy.count, 2000U);
  EXPECT_GT(accuracy.fraction(), 0.90);
}

TEST_F(Softmax, ReportsEveryStepAndTheAccuracyOfItsBatch) {
  ASSERT_TRUE(fit({.steps = 30, .batch = 8000}));
  ASSERT_EQ(recorder_.steps.size(), 30U);
  EXPECT_EQ(recorder_.steps.back().step, 30U);
  EXPECT_EQ(recorder_.steps.back().steps, 30U);
  EXPECT_GT(recorder_.steps.back().accuracy, 0.8);
  EXPECT_LE(recorder_.steps.back().accuracy, 1.0);
}

TEST_F(Softmax, GivesTheSameFileForTheSameSeed) {
  const SoftmaxOptions options{.steps = 50, .decay = Decay::linear, .average = 0.5, .seed = 7};
  const Bytes first = file(options);
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first, file(options));
}

TEST_F(Softmax, GivesAnotherFileForAnotherSeedAndForOtherOptions) {
  const Bytes file_of_one = file({.steps = 20, .seed = 1});
  EXPECT_NE(file_of_one, file({.steps = 20, .seed = 2}));
  EXPECT_NE(file_of_one, file({.steps = 21, .seed = 1}));
  EXPECT_NE(file_of_one, file({.steps = 20, .rate = 0.4, .seed = 1}));
  EXPECT_NE(file_of_one, file({.steps = 20, .decay = Decay::linear, .seed = 1}));
  EXPECT_NE(file_of_one, file({.steps = 20, .average = 0.5, .seed = 1}));
}

// One step over all pictures from zeros has a closed form: W = rate / n * sum of x (y - 1/10).
TEST_F(Softmax, TakesTheStepThatCalculusGives) {
  const auto model = fit({.steps = 1, .rate = 0.5, .batch = 8000});
  ASSERT_TRUE(model) << model.error().message;
  constexpr std::size_t kPixel = 14 * 28 + 14;
  for (std::size_t digit = 0; digit < 10; ++digit) {
    double weight = 0.0;
    double bias = 0.0;
    for (std::size_t i = 0; i < train().count; ++i) {
      const double residual = (train().label(i) == digit ? 1.0 : 0.0) - 0.1;
      weight += residual * train().image(i)[kPixel] / 255.0;
      bias += residual;
    }
    EXPECT_NEAR(model->weights[kPixel * 10 + digit], 0.5 * weight / 8000.0, 1e-6) << digit;
    EXPECT_NEAR(model->biases[digit], 0.5 * bias / 8000.0, 1e-6) << digit;
  }
}

TEST_F(Softmax, AveragesTheLastSteps) {
  const auto bias = [&](std::size_t steps, double average) {
    const auto model = fit({.steps = steps, .average = average});
    return model ? model->biases.at(0) : 0.0F;
  };
  EXPECT_NEAR(bias(2, 1.0), (bias(1, 0.0) + bias(2, 0.0)) / 2.0F, 1e-7);
  EXPECT_EQ(bias(2, 0.5), bias(2, 0.0));
}

TEST_F(Softmax, StopsWhenItIsTold) {
  stop_ = true;
  const auto model = fit({.steps = 1'000'000'000});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(recorder_.steps.empty());
  EXPECT_TRUE(recorder_.finished);
}

TEST_F(Softmax, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(refusal({.steps = 0}), HasSubstr("steps"));
  EXPECT_THAT(refusal({.rate = 0.0}), HasSubstr("rate"));
  EXPECT_THAT(refusal({.rate = std::numeric_limits<double>::quiet_NaN()}), HasSubstr("rate"));
  EXPECT_THAT(refusal({.batch = 0}), HasSubstr("batches of 0"));
  EXPECT_THAT(refusal({.batch = 8001}), HasSubstr("batches of 8001 cannot be drawn from 8000"));
  EXPECT_THAT(refusal({.average = 1.5}), HasSubstr("average"));
}

TEST(SoftmaxData, RefusesPicturesOfAnotherSize) {
  const datasets::LabeledImages tiny{
      .rows = 2, .columns = 3, .pixels = {0, 1, 2, 3, 4, 5}, .labels = {7}, .digest = {}};
  Recorder recorder;
  const std::atomic<bool> stop = false;
  const auto model = train_softmax({&tiny, 0, 1}, {.batch = 1}, {.progress = recorder, .stop = stop});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("3x2"));
}

}  // namespace
}  // namespace vidi::recipes
