#include "image/png_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "image/decode.hpp"

namespace vidi::image {
namespace {

TEST(PngFile, HoldsThePicture) {
  Image picture = make_image(3, 2, 1);
  picture.pixels = {0, 50, 100, 150, 200, 250};
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "picture.png";
  ASSERT_TRUE(write_png(path.string(), picture));
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto decoded = decode(to_bytes(bytes), {});
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->width, 3);
  EXPECT_EQ(decoded->pixels, picture.pixels);
  std::filesystem::remove(path);
}

TEST(PngFile, ThatCannotBeWrittenIsNamed) {
  const auto written = write_png("/missing/folder/picture.png", make_image(1, 1, 1));
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, testing::StartsWith("/missing/folder/picture.png cannot be written: "));
}

}  // namespace
}  // namespace vidi::image
