#include "recipes/deep.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "recipes/check_onnx.hpp"
#include "recipes/silent.hpp"

namespace vidi::recipes {
namespace {

using testing::HasSubstr;

// MNIST's test set in parts: pictures to train on, to hold out, and to measure with.
class Deep : public testing::Test {
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
  static DeepOptions quick() { return {.epochs = 1, .rate = 0.05, .batch = 32, .library = 500, .members = 1}; }
  Result<void> fit(Recipe& recipe) {
    return recipe.train({&digits(), 0, 2000}, {&digits(), 9500, 500}, {.progress = progress_, .stop = stop_});
  }
  // Several networks on a few pictures, ten steps an epoch.
  static DeepOptions several(std::size_t members) {
    DeepOptions options = quick();
    options.library = 200;
    options.members = members;
    return options;
  }
  Result<void> fit_few(Recipe& recipe) {
    return recipe.train({&digits(), 0, 320}, {&digits(), 9500, 100}, {.progress = progress_, .stop = stop_});
  }
  std::string refusal(const DeepOptions& options) {
    const auto trained = fit(*make_deep_recipe(options));
    EXPECT_FALSE(trained) << "the options were accepted";
    return trained ? "" : trained.error().message;
  }

  Silent progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(Deep, LearnsDigitsAndSaysWhatItWillNotRead) {
  DeepOptions options = quick();
  options.epochs = 2;
  const auto recipe = make_deep_recipe(options);
  const auto trained = fit(*recipe);
  ASSERT_TRUE(trained) << trained.error().message;
  EXPECT_GT(recipe->evaluate({&digits(), 8000, 1000}).fraction(), 0.6);
  const auto onnx = recipe->to_onnx();
  ASSERT_TRUE(onnx) << onnx.error().message;
  EXPECT_TRUE(check_onnx(*onnx));
  ModelCard card;
  recipe->describe(card);
  ASSERT_TRUE(card.rejection);
  EXPECT_TRUE(card.rejection->none);
  EXPECT_GE(card.rejection->least_probability, 0.1);
  EXPECT_LE(card.rejection->least_probability, 0.9);
  EXPECT_THAT(progress_.notes, testing::Contains(HasSubstr("epoch 2 of 2")));
}

TEST_F(Deep, SeveralNetworksAreOneModel) {
  const auto recipe = make_deep_recipe(several(2));
  const auto trained = fit_few(*recipe);
  ASSERT_TRUE(trained) << trained.error().message;
  const auto onnx = recipe->to_onnx();
  ASSERT_TRUE(onnx) << onnx.error().message;
  EXPECT_TRUE(check_onnx(*onnx));
  constexpr std::size_t kNumbers = 290'000 + 650'000;  // of the first and of a further network, each in 16 bits
  EXPECT_GT(onnx->size(), 0.95 * 2 * kNumbers);
}

// The first two networks learn side by side, each further one by itself: an epoch each.
TEST_F(Deep, MoreNetworksTakeMoreEpochs) {
  const auto recipe = make_deep_recipe(several(3));
  const auto trained = fit_few(*recipe);
  ASSERT_TRUE(trained) << trained.error().message;
  EXPECT_THAT(progress_.notes, testing::Contains(HasSubstr("epoch 2 of 2")));
  ModelCard card;
  recipe->describe(card);
  EXPECT_EQ(card.training.steps, 20U);
}

TEST_F(Deep, RefusesOptionsThatMakeNoSense) {
  DeepOptions options = quick();
  options.epochs = 0;
  EXPECT_THAT(refusal(options), HasSubstr("epochs"));
  options = quick();
  options.members = 0;
  EXPECT_THAT(refusal(options), HasSubstr("member"));
  options = quick();
  options.batch = 2001;
  EXPECT_THAT(refusal(options), HasSubstr("batches of 2001 cannot be drawn from 2000"));
  options = quick();
  options.smoothing = 1.0;
  EXPECT_THAT(refusal(options), HasSubstr("smoothing is 1"));
  options = quick();
  options.fonts = {"/no/such/folder"};
  EXPECT_THAT(refusal(options), HasSubstr("no font with digits was found"));
}

// Without them nobody knows how sure a digit must be.
TEST_F(Deep, RefusesToTrainWithoutHeldOutImages) {
  const auto refused =
      make_deep_recipe(quick())->train({&digits(), 0, 2000}, {&digits(), 0, 0}, {.progress = progress_, .stop = stop_});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("held out"));
}

TEST(DeepCommand, NamesEveryOptionThatChangesTheModel) {
  EXPECT_EQ(
      make_deep_recipe({.epochs = 3, .rate = 0.2, .batch = 64, .smoothing = 0, .library = 9, .members = 1, .seed = 4})
          ->options(),
      " --epochs 3 --rate 0.2 --batch 64 --smoothing 0 --library 9 --members 1 --seed 4");
  EXPECT_THAT(make_deep_recipe({.bfloat16 = true})->options(), HasSubstr(" --members 2 --bfloat16"));
}

}  // namespace
}  // namespace vidi::recipes
