#include "recipes/cnn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipes/check_onnx.hpp"
#include "recipes/silent.hpp"

namespace vidi::recipes {
namespace {

using testing::HasSubstr;

// MNIST's test set in two parts: 8,000 pictures to train on, 2,000 to measure with.
class Cnn : public testing::Test {
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
  Result<void> fit(Recipe& recipe) {
    return recipe.train({&digits(), 0, 8000}, {}, {.progress = progress_, .stop = stop_});
  }
  std::string refusal(const CnnOptions& options) {
    const auto trained = fit(*make_cnn_recipe(options));
    EXPECT_FALSE(trained) << "the options were accepted";
    return trained ? "" : trained.error().message;
  }

  Silent progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(Cnn, LearnsDigitsAndWritesThemInHalfPrecision) {
  const auto recipe = make_cnn_recipe({.steps = 40, .rate = 1e-3});
  ASSERT_TRUE(fit(*recipe));
  EXPECT_GT(recipe->evaluate({&digits(), 8000, 2000}).fraction(), 0.85);
  const auto onnx = recipe->to_onnx();
  ASSERT_TRUE(onnx) << onnx.error().message;
  EXPECT_TRUE(check_onnx(*onnx));
  // 3,274,634 weights and biases of two bytes, and little else.
  EXPECT_GT(onnx->size(), 2 * 3'274'634U);
  EXPECT_LT(onnx->size(), 2 * 3'274'634U + 4096U);
}

TEST_F(Cnn, StopsWhenItIsTold) {
  stop_ = true;
  EXPECT_TRUE(fit(*make_cnn_recipe({})));
}

TEST_F(Cnn, RefusesOptionsThatMakeNoSense) {
  EXPECT_THAT(refusal({.steps = 0}), HasSubstr("steps"));
  EXPECT_THAT(refusal({.rate = 0.0}), HasSubstr("rate"));
  EXPECT_THAT(refusal({.batch = 8001}), HasSubstr("batches of 8001 cannot be drawn from 8000"));
  EXPECT_THAT(refusal({.average = 1.5}), HasSubstr("average is 1.5"));
  EXPECT_THAT(refusal({.dropout = 1.0}), HasSubstr("leave out is 1"));
}

}  // namespace
}  // namespace vidi::recipes
