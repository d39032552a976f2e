// JPEGs decoded smaller than they are.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string>

#include "image/decode.hpp"
#include "image/make_jpeg.hpp"
#include "image/resample.hpp"
#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

// Strokes of a pen on a colored gradient; not the same when turned or mirrored.
Image pen_on_paper(int width, int height, int channels) {
  Image image = make_image(width, height, channels);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool ink = std::abs(std::hypot(x - width * 0.3, y - height * 0.4) - height * 0.25) < height * 0.03;
      const std::size_t at = static_cast<std::size_t>(x) * channels;
      for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
        image.row(y)[at + c] = static_cast<std::uint8_t>(ink ? 40 + 30 * c : 150 + x * 60 / width + y * 40 / height);
      }
    }
  }
  return image;
}

// On average over all values.
double difference(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

struct Size {
  int width;
  int height;
  bool operator==(const Size&) const = default;
};

Size decoded_size(const Bytes& file, int enough) {
  const Result<ScaledImage> decoded = decode_scaled(file, enough);
  if (!decoded) return {0, 0};
  EXPECT_EQ(decoded->full_width, decode(file)->width);
  EXPECT_EQ(decoded->full_height, decode(file)->height);
  return {decoded->image.width, decoded->image.height};
}

TEST(ScaledJpeg, IsNoLargerThanItMustBeAndNeverTooSmall) {
  const Bytes wide = make_jpeg(403, 301, false);
  EXPECT_EQ(decoded_size(wide, kWholeSize), (Size{403, 301}));
  EXPECT_EQ(decoded_size(wide, 404), (Size{403, 301}));
  EXPECT_EQ(decoded_size(wide, 202), (Size{403, 301}));
  EXPECT_EQ(decoded_size(wide, 201), (Size{202, 151}));
  EXPECT_EQ(decoded_size(wide, 101), (Size{202, 151}));
  EXPECT_EQ(decoded_size(wide, 100), (Size{101, 76}));
  EXPECT_EQ(decoded_size(wide, 50), (Size{51, 38}));
  EXPECT_EQ(decoded_size(wide, 1), (Size{51, 38}));
  EXPECT_EQ(decoded_size(wide, 0), (Size{51, 38}));
  EXPECT_EQ(decoded_size(make_jpeg(30, 400, false), 100), (Size{8, 100}));
  EXPECT_EQ(decoded_size(make_jpeg(1, 1, false), 1), (Size{1, 1}));
}

struct Kind {
  const char* name;
  int channels;
  JpegOptions options;
};

class ScaledKinds : public testing::TestWithParam<Kind> {};

TEST_P(ScaledKinds, LookAsTheWholePictureMadeSmaller) {
  const Bytes file = encode_jpeg(pen_on_paper(640, 417, GetParam().channels), GetParam().options);
  const Result<Image> whole = decode(file);
  ASSERT_TRUE(whole) << whole.error().message;
  for (const int scale : {2, 4, 8}) {
    const Result<ScaledImage> scaled = decode_scaled(file, 640 / scale);
    ASSERT_TRUE(scaled) << scaled.error().message;
    const Image& image = scaled->image;
    EXPECT_EQ(std::max(image.width, image.height), 640 / scale);
    const Image expected = resample(*whole, image.width, image.height, Filter::box);
    ASSERT_EQ(image.channels, expected.channels);
    EXPECT_LT(difference(image, expected), 2) << "at 1/" << scale;
  }
}

constexpr std::array kKinds{
    Kind{"Gray", 1, {.quality = 90}},
    Kind{"Color", 3, {.quality = 90}},
    Kind{"WholeColor", 3, {.quality = 90, .halve_color = false}},
    Kind{"Progressive", 3, {.quality = 90, .progressive = true}},
    Kind{"GrayTurned", 1, {.quality = 90, .orientation = 6}},
    Kind{"Mirrored", 3, {.quality = 90, .orientation = 2}},
    Kind{"UpsideDown", 3, {.quality = 90, .orientation = 3}},
    Kind{"MirroredDown", 3, {.quality = 90, .orientation = 4}},
    Kind{"Transposed", 3, {.quality = 90, .orientation = 5}},
    Kind{"TurnedRight", 3, {.quality = 90, .orientation = 6}},
    Kind{"Transversed", 3, {.quality = 90, .orientation = 7}},
    Kind{"TurnedLeft", 3, {.quality = 90, .progressive = true, .orientation = 8}},
};

INSTANTIATE_TEST_SUITE_P(OfEachKind, ScaledKinds, testing::ValuesIn(kKinds),
                         [](const testing::TestParamInfo<Kind>& kind) { return kind.param.name; });

// CMYK, restart markers, odd samplings: small and busy pictures, so that the two ways to shrink them differ more.
TEST(ScaledJpeg, OfEveryFileLooksAsTheWholeMadeSmaller) {
  int count = 0;
  for (const std::string& name : picture_names()) {
    if (!name.ends_with(".jpg")) continue;
    ++count;
    const Image whole = expected_pixels(name);
    const Result<ScaledImage> scaled = decode_scaled(picture(name), std::max(whole.width, whole.height) / 2);
    ASSERT_TRUE(scaled) << name << ": " << scaled.error().message;
    EXPECT_EQ(scaled->full_width, whole.width) << name;
    EXPECT_EQ(scaled->full_height, whole.height) << name;
    EXPECT_EQ(scaled->image.width, (whole.width + 1) / 2) << name;
    const Image expected = resample(whole, scaled->image.width, scaled->image.height, Filter::box);
    EXPECT_LT(difference(scaled->image, expected), 13) << name;
  }
  EXPECT_GT(count, 10);
}

TEST(ScaledJpeg, OfOtherFormatsIsTheWholePicture) {
  for (const char* name : {"rgb8.png", "plain.gif", "24.bmp"}) {
    const Result<ScaledImage> scaled = decode_scaled(picture(name), 1);
    ASSERT_TRUE(scaled) << name << ": " << scaled.error().message;
    EXPECT_EQ(scaled->image, *decode(picture(name))) << name;
    EXPECT_EQ(scaled->full_width, scaled->image.width) << name;
    EXPECT_EQ(scaled->full_height, scaled->image.height) << name;
  }
}

TEST(ScaledJpeg, ThatIsCutIsNotDecoded) {
  for (const bool progressive : {false, true}) {
    Bytes file = make_jpeg(400, 300, progressive);
    file.resize(file.size() - 20);
    const Result<ScaledImage> decoded = decode_scaled(file, 100);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::undecodable);
  }
}

}  // namespace
}  // namespace vidi::image
