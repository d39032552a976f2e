#include "digits/canonical.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/mnist.hpp"
#include "digits/ink.hpp"
#include "image/resample.hpp"

namespace vidi::digits {
namespace {

using image::Image;
using testing::HasSubstr;

Image grey_picture(int width, int height, std::uint8_t value) {
  Image picture = image::make_image(width, height, 1);
  std::ranges::fill(picture.pixels, value);
  return picture;
}

void fill(Image& picture, const Box& box, std::uint8_t value) {
  for (int y = box.y; y < box.y + box.height; ++y) {
    std::ranges::fill(picture.row(y).subspan(static_cast<std::size_t>(box.x), static_cast<std::size_t>(box.width)),
                      value);
  }
}

Box extent(const Form& form) {
  Image picture = image::make_image(kFormSide, kFormSide, 1);
  std::ranges::copy(form, picture.pixels.begin());
  return bounding_box(picture, 64).value_or(Box{});
}

std::pair<double, double> mass_centre(const Form& form) {
  double mass = 0;
  double x = 0;
  double y = 0;
  for (int i = 0; i < kFormSide * kFormSide; ++i) {
    const int value = form[static_cast<std::size_t>(i)];
    const int row = i / kFormSide;
    mass += value;
    x += value * (i - row * kFormSide);
    y += value * row;
  }
  return {x / mass, y / mass};
}

class MnistTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    ASSERT_TRUE(loaded) << loaded.error().message;
    mnist = new datasets::LabelledImages(std::move(*loaded));
  }
  static void TearDownTestSuite() { delete mnist; }

  static Image picture(std::size_t index) {
    Image image = image::make_image(28, 28, 1);
    std::ranges::copy(mnist->image(index), image.pixels.begin());
    return image;
  }

  static inline datasets::LabelledImages* mnist = nullptr;
};

TEST_F(MnistTest, EveryTestImagePassesUnchangedInEitherPolarity) {
  ASSERT_EQ(mnist->size(), 10'000U);
  for (std::size_t i = 0; i < mnist->size(); ++i) {
    const Image image = picture(i);
    Image negative = image;
    for (auto& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
    for (const Image& each : {image, negative}) {
      const Reading reading = read_digits(each);
      ASSERT_EQ(reading.digits.size(), 1U) << i;
      ASSERT_TRUE(std::ranges::equal(reading.digits[0].form, image.pixels)) << i;
    }
  }
}

TEST_F(MnistTest, AnEnlargedDigitOnPaperComesBackAlmostAsItWas) {
  double difference = 0;
  constexpr std::size_t kCount = 200;
  for (std::size_t i = 0; i < kCount; ++i) {
    const Image image = picture(i);
    Image large = image::resample(image, 280, 280, image::Filter::bicubic);
    for (auto& value : large.pixels) value = static_cast<std::uint8_t>(230 - value * 200 / 255);
    const Reading reading = read_digits(large);
    ASSERT_EQ(reading.digits.size(), 1U) << i;
    for (std::size_t p = 0; p < image.pixels.size(); ++p)
      difference += std::abs(reading.digits[0].form[p] - image.pixels[p]);
  }
  EXPECT_LT(difference / static_cast<double>(kCount * 784), 16);
}

TEST(ReadDigits, DarkInkOnWhiteFillsTheTwentyPixelBoxAndKeepsItsAspect) {
  Image picture = grey_picture(300, 200, 255);
  fill(picture, {200, 40, 20, 100}, 0);
  const Reading reading = read_digits(picture);
  ASSERT_EQ(reading.digits.size(), 1U);
  EXPECT_EQ(reading.digits[0].box, (Box{200, 40, 20, 100}));
  const Box box = extent(reading.digits[0].form);
  EXPECT_EQ(box.height, 20);
  EXPECT_EQ(box.width, 4);
  const auto [x, y] = mass_centre(reading.digits[0].form);
  EXPECT_NEAR(x, 14, 0.5);
  EXPECT_NEAR(y, 14, 0.5);
}

TEST(ReadDigits, LightOnDarkAndDarkOnLightGiveTheSameForm) {
  Image picture = grey_picture(100, 100, 240);
  fill(picture, {30, 20, 15, 60}, 20);
  fill(picture, {30, 20, 40, 15}, 20);
  Image negative = picture;
  for (auto& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
  EXPECT_EQ(read_digits(picture).digits.at(0).form, read_digits(negative).digits.at(0).form);
}

TEST(ReadDigits, TransparencyIsPaper) {
  Image picture = image::make_image(60, 60, 4);
  for (int y = 10; y < 50; ++y) {
    for (int x = 25; x < 33; ++x) picture.row(y)[static_cast<std::size_t>(x) * 4 + 3] = 255;
  }
  const Reading reading = read_digits(picture);
  ASSERT_EQ(reading.digits.size(), 1U);
  EXPECT_EQ(reading.digits[0].box, (Box{25, 10, 8, 40}));
}

TEST(ReadDigits, BlankAndTinyPicturesHaveAReason) {
  for (const int value : {0, 128, 255}) {
    const Reading reading = read_digits(grey_picture(40, 30, static_cast<std::uint8_t>(value)));
    EXPECT_TRUE(reading.digits.empty());
    EXPECT_THAT(reading.reason, HasSubstr("blank"));
  }
  EXPECT_THAT(read_digits(grey_picture(1, 1, 7)).reason, HasSubstr("too small to hold a digit: 1x1"));
  EXPECT_THAT(read_digits(grey_picture(4000, 1, 7)).reason, HasSubstr("4000x1"));
  EXPECT_THAT(read_digits(grey_picture(28, 28, 0)).reason, HasSubstr("blank"));
}

TEST(ReadDigits, InkThatFillsThePictureIsOneDigit) {
  Image picture = grey_picture(16, 16, 255);
  fill(picture, {6, 0, 4, 16}, 0);
  const Reading reading = read_digits(picture);
  ASSERT_EQ(reading.digits.size(), 1U);
  EXPECT_EQ(extent(reading.digits[0].form).height, 20);
}

TEST(Otsu, SeparatesTwoLevels) {
  Image picture = grey_picture(10, 10, 200);
  fill(picture, {0, 0, 10, 3}, 50);
  const Threshold threshold = otsu_threshold(picture);
  EXPECT_GE(threshold.level, 50);
  EXPECT_LT(threshold.level, 200);
  EXPECT_DOUBLE_EQ(threshold.dark_mean, 50);
  EXPECT_DOUBLE_EQ(threshold.light_mean, 200);
}

}  // namespace
}  // namespace vidi::digits
