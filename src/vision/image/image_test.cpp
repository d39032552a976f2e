#include "image/image.hpp"

#include <gtest/gtest.h>

#include <string>

#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

TEST(Flatten, LaysAlphaOverWhite) {
  const Image image{
      .width = 3, .height = 1, .channels = 4, .pixels = {10, 20, 30, 255, 10, 20, 30, 0, 0, 100, 200, 51}};
  const Image flat = flatten(image);
  EXPECT_EQ(flat.channels, 3);
  EXPECT_EQ(flat.pixels, (std::vector<std::uint8_t>{10, 20, 30, 255, 255, 255, 204, 224, 244}));
}

TEST(Flatten, TakesAnotherBackground) {
  const Image image{.width = 2, .height = 1, .channels = 2, .pixels = {200, 0, 200, 128}};
  EXPECT_EQ(flatten(image, 0).pixels, (std::vector<std::uint8_t>{0, 100}));
}

TEST(Flatten, LeavesAPictureWithoutAlphaAsItIs) {
  const Image image{.width = 1, .height = 1, .channels = 3, .pixels = {1, 2, 3}};
  EXPECT_EQ(flatten(image), image);
}

// What tests/golden/make_colors.py wrote.
Image colors(const std::string& name) { return read_pam(TEST_DATA "/pictures/colours/" + name + ".pam"); }

TEST(Flatten, EqualsPillow) {
  EXPECT_EQ(flatten(colors("rgba")), colors("rgba-over-white"));
  EXPECT_EQ(flatten(colors("rgba"), 0), colors("rgba-over-black"));
  EXPECT_EQ(flatten(colors("la")), colors("la-over-white"));
  EXPECT_EQ(flatten(colors("la"), 0), colors("la-over-black"));
}

TEST(ToGray, EqualsPillow) { EXPECT_EQ(to_gray(colors("rgba-over-white")), colors("rgba-over-white-grey")); }

TEST(ToGray, LeavesGrayAsItIs) {
  const Image image{.width = 2, .height = 1, .channels = 1, .pixels = {0, 77}};
  EXPECT_EQ(to_gray(image), image);
}

TEST(ToGray, WeighsGreenMost) {
  const Image image{.width = 4, .height = 1, .channels = 3, .pixels = {255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 34, 56}};
  const Image gray = to_gray(image);
  EXPECT_EQ(gray.channels, 1);
  EXPECT_EQ(gray.pixels, (std::vector<std::uint8_t>{76, 150, 29, 30}));
}

}  // namespace
}  // namespace vidi::image
