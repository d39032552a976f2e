#include "models/preprocess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace vidi::models {
namespace {

using image::Image;
using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

InputDescription described(int width, int height, int channels) {
  InputDescription input;
  input.width = width;
  input.height = height;
  input.channels = channels;
  input.color = channels == 1 ? Color::gray : Color::rgb;
  return input;
}

// Each column has its own red, each row its own green.
Image coordinates(int width, int height) {
  Image image = image::make_image(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.row(y)[3 * static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x);
      image.row(y)[3 * static_cast<std::size_t>(x) + 1] = static_cast<std::uint8_t>(y);
    }
  }
  return image;
}

std::uint8_t red(const Image& image, int x, int y) { return image.row(y)[3 * static_cast<std::size_t>(x)]; }
std::uint8_t green(const Image& image, int x, int y) { return image.row(y)[3 * static_cast<std::size_t>(x) + 1]; }

TEST(Preprocess, StretchesToTheNetworksSize) {
  InputDescription input = described(4, 2, 3);
  EXPECT_EQ(fit_picture(coordinates(17, 5), input), image::resample(coordinates(17, 5), 4, 2, image::Filter::bilinear));
}

TEST(Preprocess, CropsTheMiddle) {
  InputDescription input = described(10, 10, 3);
  input.fit = Fit::crop;
  const Image fitted = fit_picture(coordinates(30, 10), input);
  EXPECT_EQ(red(fitted, 0, 0), 10);
  EXPECT_EQ(red(fitted, 9, 9), 19);
  EXPECT_EQ(green(fitted, 0, 9), 9);
  input.resize_to = 20;  // the shorter side, of which the middle half is kept
  input.filter = image::Filter::box;
  const Image larger = fit_picture(coordinates(100, 40), input);
  EXPECT_EQ(green(larger, 0, 0), 11) << "rows 10 and 11, rounded";
  EXPECT_EQ(red(larger, 0, 0), 41);
}

// What torchvision's Resize and CenterCrop make of sides that do not divide.
TEST(Preprocess, CropsAtWholePixelsOfTheResizedPicture) {
  InputDescription input = described(5, 5, 3);
  input.fit = Fit::crop;
  input.resize_to = 7;
  const Image source = coordinates(23, 17);
  const Image whole = image::resample(source, 9, 7, image::Filter::bilinear);  // 7 * 23 / 17, rounded down
  const Image fitted = fit_picture(source, input);
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) {
      EXPECT_NEAR(red(fitted, x, y), red(whole, x + 2, y + 1), 1) << x << "," << y;
      EXPECT_NEAR(green(fitted, x, y), green(whole, x + 2, y + 1), 1) << x << "," << y;
    }
  }
}

TEST(Preprocess, PadsTheWholePicture) {
  InputDescription input = described(8, 8, 3);
  input.fit = Fit::pad;
  input.pad_value = 77;
  const Image fitted = fit_picture(coordinates(8, 4), input);
  EXPECT_EQ(red(fitted, 3, 1), 77);
  EXPECT_EQ(red(fitted, 3, 2), 3);
  EXPECT_EQ(green(fitted, 3, 5), 3);
  EXPECT_EQ(red(fitted, 3, 6), 77);
}

TEST(Preprocess, PicturesOfAnyShapeStayWithinMemory) {
  for (const Fit fit : {Fit::stretch, Fit::crop, Fit::pad}) {
    InputDescription input = described(64, 32, 3);
    input.fit = fit;
    for (const auto& [width, height] : {std::pair(200'000, 1), std::pair(1, 200'000), std::pair(1, 1)}) {
      const Image fitted = fit_picture(image::make_image(width, height, 4), input);
      EXPECT_EQ(fitted.width, 64);
      EXPECT_EQ(fitted.height, 32);
      EXPECT_EQ(fitted.channels, 3);
    }
  }
}

TEST(Preprocess, GrayBecomesColorAndColorGray) {
  Image gray = image::make_image(2, 1, 1);
  gray.pixels = {10, 200};
  EXPECT_THAT(fit_picture(gray, described(2, 1, 3)).pixels, ElementsAre(10, 10, 10, 200, 200, 200));
  Image color = image::make_image(1, 1, 3);
  color.pixels = {255, 0, 0};
  EXPECT_THAT(fit_picture(color, described(1, 1, 1)).pixels, ElementsAre(76));
  Image clear = image::make_image(1, 1, 4);
  EXPECT_THAT(fit_picture(clear, described(1, 1, 3)).pixels, ElementsAre(255, 255, 255)) << "on white";
}

TEST(Preprocess, WritesInTheNetworksLayoutOrderAndScale) {
  Image picture = image::make_image(2, 1, 3);
  picture.pixels = {1, 2, 3, 4, 5, 6};
  InputDescription input = described(2, 1, 3);
  std::vector<float> values;
  append_values(picture, input, values);
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4, 5, 6));
  input.layout = Layout::nchw;
  append_values(picture, input, values);
  EXPECT_THAT(std::vector(values.begin() + 6, values.end()), ElementsAre(1, 4, 2, 5, 3, 6));
  input.color = Color::bgr;
  input.mean = {1, 0, 0};
  input.deviation = {2, 1, 4};
  values.clear();
  append_values(picture, input, values);
  EXPECT_THAT(values, ElementsAre(1, 2.5, 2, 5, 0.25, 1)) << "blue first, and the first mean is blue's";
}

TEST(Preprocess, DarkDigitsOnLightAreTurnedRound) {
  InputDescription input = described(28, 28, 1);
  input.is_inverted = true;
  input.scale = 0.5;
  input.offset = 1;
  EXPECT_EQ(input_value(255, 0, input), 1);
  EXPECT_EQ(input_value(55, 0, input), 101);
}

TEST(Preprocess, MakesProbabilities) {
  const auto made = [](std::vector<float> values, const OutputDescription& output) {
    make_probabilities(values, 2, output);
    return values;
  };
  using enum OutputKind;
  EXPECT_THAT(made({0.2F, 0.8F}, {.kind = probabilities}), ElementsAre(0.2F, 0.8F));
  EXPECT_THAT(made({64, 192}, {.kind = probabilities, .scale = 1.0 / 256}), ElementsAre(0.25F, 0.75F));
  EXPECT_THAT(made({1000, 1000, -1000, 1000}, {.kind = scores}),
              Pointwise(FloatNear(1e-6F), std::vector{0.5F, 0.5F, 0.0F, 1.0F}))
      << "each row by itself, however large";
  EXPECT_THAT(made({0, -1000}, {.kind = sigmoid}), Pointwise(FloatNear(1e-6F), std::vector{0.5F, 0.0F}));
}

TEST(Preprocess, LargeJpegsNeedNotBeDecodedWhole) {
  InputDescription input = described(100, 100, 3);
  EXPECT_EQ(enough_pixels(4000, 3000, input), 400) << "three times 100 on the shorter side";
  input.fit = Fit::crop;
  input.resize_to = 200;
  EXPECT_EQ(enough_pixels(3000, 4000, input), 800);
}

}  // namespace
}  // namespace vidi::models
