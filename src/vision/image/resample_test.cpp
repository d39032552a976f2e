#include "image/resample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

const std::filesystem::path kFolder = TEST_DATA "/pictures/resampled";

Filter filter_named(const std::string& name) {
  static const std::map<std::string, Filter> filters{
      {"box", Filter::box}, {"bilinear", Filter::bilinear}, {"bicubic", Filter::bicubic}, {"lanczos", Filter::lanczos}};
  return filters.at(name);
}

TEST(Resample, EqualsPillow) {
  std::ifstream cases(kFolder / "cases.txt");
  std::string source;
  std::string filter;
  int width = 0;
  int height = 0;
  Box box;
  std::string result;
  int count = 0;
  while (cases >> source >> filter >> width >> height >> box.left >> box.top >> box.right >> box.bottom >> result) {
    const Image expected = read_pam(kFolder / result);
    const Image found = resample(read_pam(kFolder / source), width, height, filter_named(filter), box);
    ASSERT_EQ(found.pixels.size(), expected.pixels.size()) << result;
    EXPECT_EQ(found.width, expected.width) << result;
    int largest = 0;
    for (std::size_t i = 0; i < found.pixels.size(); ++i) {
      largest = std::max(largest, std::abs(found.pixels[i] - expected.pixels[i]));
    }
    EXPECT_EQ(largest, 0) << result << " differs by that much";
    ++count;
  }
  EXPECT_GT(count, 50);
}

TEST(Resample, KeepsAPictureOfTheRightSizeAsItIs) {
  const Image image = read_pam(kFolder / "source-1.pam");
  EXPECT_EQ(resample(image, image.width, image.height, Filter::bicubic), image);
}

TEST(Resample, WithoutABoxTakesTheWholePicture) {
  const Image image = read_pam(kFolder / "source-0.pam");
  const Box whole{.left = 0, .top = 0, .right = 37, .bottom = 23};
  EXPECT_EQ(resample(image, 9, 8, Filter::box), resample(image, 9, 8, Filter::box, whole));
}

TEST(Resample, TreatsGrayAndAlphaAsTwoChannels) {
  const Image image{.width = 2, .height = 1, .channels = 2, .pixels = {0, 255, 100, 55}};
  EXPECT_EQ(resample(image, 1, 1, Filter::box).pixels, (std::vector<std::uint8_t>{50, 155}));
}

}  // namespace
}  // namespace vidi::image
