#include "image/image.hpp"

#include <gtest/gtest.h>

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

// Pillow: Image.new("RGB", (1, 1), colour).convert("L")
TEST(ToGrey, EqualsPillow) {
  const Image image{.width = 4, .height = 1, .channels = 3, .pixels = {255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 34, 56}};
  const Image grey = to_grey(image);
  EXPECT_EQ(grey.channels, 1);
  EXPECT_EQ(grey.pixels, (std::vector<std::uint8_t>{76, 150, 29, 30}));
}

}  // namespace
}  // namespace vidi::image
