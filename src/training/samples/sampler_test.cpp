// What a training is given: forms with labels that are true.

#include "samples/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "datasets/mnist.hpp"
#include "samples/batch_queue.hpp"
#include "samples/distort.hpp"
#include "samples/scene.hpp"

namespace vidi::samples {
namespace {

using digits::Form;

class SamplerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto images = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    ASSERT_TRUE(images) << images.error().message;
    digits() = *std::move(images);
    auto loaded = load_fonts({"/usr/share/fonts/truetype/dejavu"});
    ASSERT_TRUE(loaded) << loaded.error().message;
    fonts() = *std::move(loaded);
    for (std::size_t i = 0; i < 1000; ++i)
      handwriting().digits.push_back({digits().image(i).data(), digits().labels[i]});
  }
  static datasets::LabeledImages& digits() {
    static datasets::LabeledImages images;
    return images;
  }
  static std::vector<Font>& fonts() {
    static std::vector<Font> fonts;
    return fonts;
  }
  static Handwriting& handwriting() {
    static Handwriting handwriting;
    return handwriting;
  }
  static Sampler sampler() { return {handwriting(), fonts()}; }
  static Form form(std::size_t index) {
    Form form;
    std::ranges::copy(digits().image(index), form.begin());
    return form;
  }
  static double ink(const Form& form) { return std::accumulate(form.begin(), form.end(), 0.0) / 255.0; }
};

bool same(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  return std::ranges::equal(a, b,
                            [](const Sample& x, const Sample& y) { return x.form == y.form && x.label == y.label; });
}

TEST_F(SamplerTest, TheLibraryIsTheSameHoweverManyThreadsFillIt) {
  const Library one = sampler().fill_library(500, 3, 1);
  const Library two = sampler().fill_library(500, 3, 2);
  EXPECT_TRUE(same(one.scenes, two.scenes));
  EXPECT_TRUE(same(one.strangers, two.strangers));
  EXPECT_TRUE(same(one.none, two.none));
  EXPECT_GT(one.scenes.size(), 150U);
  EXPECT_GT(one.strangers.size(), 75U);
  EXPECT_GT(one.none.size(), 150U);
  EXPECT_FALSE(same(one.none, sampler().fill_library(500, 4, 2).none));
  for (const Sample& sample : one.none) EXPECT_EQ(sample.label, kNone);
  for (const Sample& sample : one.scenes) EXPECT_LT(sample.label, 10);
}

TEST_F(SamplerTest, ABatchDependsOnItsNumberAlone) {
  const Library library = sampler().fill_library(500, 3, 2);
  const auto batch = [&](std::uint64_t number) { return sampler().draw(100, {}, library, 1, number); };
  const auto fifth = batch(5);
  EXPECT_EQ(fifth.size(), 100U);
  EXPECT_FALSE(same(fifth, batch(6)));
  EXPECT_TRUE(same(fifth, batch(5)));
  const auto none = std::ranges::count(fifth, kNone, &Sample::label);
  EXPECT_EQ(none, Mix{}.none);
}

TEST_F(SamplerTest, AGentleDistortionKeepsTheDigit) {
  Random random(1);
  for (std::size_t i = 0; i < 100; ++i) {
    const Form original = form(i);
    EXPECT_NEAR(ink(distort_gently(original, random)), ink(original), 0.35 * ink(original)) << i;
    const Form distorted = distort(original, form(i + 1), random);
    EXPECT_NE(distorted, original);
    EXPECT_GT(ink(distorted), 0.3 * ink(original)) << i;
  }
}

TEST_F(SamplerTest, WhatIsCutOffOrSqueezedTogetherIsAnotherForm) {
  Random random(1);
  EXPECT_NE(cut_off(form(0), random), form(0));
  const Form squeezed = squeeze_together(form(0), form(1), random);
  EXPECT_NE(squeezed, form(0));
  EXPECT_GT(ink(squeezed), 10);
  EXPECT_EQ(ink(cut_off(Form{}, random)), 0) << "an empty form must not fail";
}

TEST_F(SamplerTest, AScenesCharactersLieInItsPicture) {
  const Writing writing(handwriting(), fonts());
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const Scene scene = draw_scene(writing, i % 2 == 0 ? Writer::mnist : Writer::pen, 0.3, random);
    ASSERT_FALSE(scene.characters.empty());
    for (const Truth& truth : scene.characters) {
      EXPECT_GE(truth.box.x, 0);
      EXPECT_GE(truth.box.y, 0);
      EXPECT_LE(truth.box.right(), scene.picture.width);
      EXPECT_LE(truth.box.bottom(), scene.picture.height);
    }
  }
}

TEST(Match, TellsWhatACandidateShows) {
  const std::vector<Truth> characters{{{10, 10, 30, 40}, 7}, {{60, 10, 30, 40}, kNone}};
  const auto shown = [&](const digits::Box& box) { return match(box, characters).shown; };
  EXPECT_EQ(shown({11, 9, 30, 41}), Shown::character);
  EXPECT_EQ(match({11, 9, 30, 41}, characters).label, 7);
  EXPECT_EQ(match({60, 10, 30, 40}, characters).label, kNone);
  EXPECT_EQ(shown({10, 10, 80, 40}), Shown::several);
  EXPECT_EQ(shown({10, 10, 22, 40}), Shown::unclear) << "most of a digit may be any digit";
  EXPECT_EQ(shown({10, 10, 8, 30}), Shown::unclear) << "a narrow part of a digit may be a one";
  EXPECT_EQ(shown({12, 12, 20, 14}), Shown::fragment);
  EXPECT_EQ(shown({100, 60, 20, 10}), Shown::dirt);
  EXPECT_EQ(shown({100, 60, 4, 20}), Shown::unclear) << "a line may be a one";
  EXPECT_EQ(match({0, 0, 5, 5}, {}).shown, Shown::unclear);
}

TEST(BatchQueue, HandsBatchesOutInTheirOrder) {
  BatchQueue queue([](std::uint64_t number) { return std::vector<Sample>(number); }, 3, 4, 5);
  for (std::size_t number = 3; number < 200; ++number) ASSERT_EQ(queue.take().size(), number);
}

TEST(BatchQueue, EndsWhileNobodyTakes) {
  for (int i = 0; i < 50; ++i) {
    BatchQueue queue([](std::uint64_t /*number*/) { return std::vector<Sample>(1); }, 0, 2, 3);
    if (i % 2 == 0) queue.take();
  }
}

}  // namespace
}  // namespace vidi::samples
