// Cut and damaged files: never a crash, and never half a picture that passes for a whole one.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/make_jpeg.hpp"
#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

class CutPictures : public testing::TestWithParam<const char*> {};

TEST_P(CutPictures, AreNotDecodedUnlessTheirPixelsAreComplete) {
  const Bytes bytes = picture(GetParam());
  const Image expected = expected_pixels(GetParam());
  const std::size_t tail = std::min<std::size_t>(16, bytes.size());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Result<Image> decoded = decode(ByteView(bytes).first(size));
    if (decoded) {
      EXPECT_EQ(decoded->pixels, expected.pixels) << "cut to " << size << " of " << bytes.size() << " bytes";
      EXPECT_GE(size, bytes.size() - tail) << "pixels cannot be complete after " << size << " bytes";
      continue;
    }
    const bool headless = size < 18;
    EXPECT_TRUE(decoded.error().code == ErrorCode::undecodable ||
                (headless && decoded.error().code == ErrorCode::unsupported_media))
        << size << ": " << decoded.error().message;
  }
}

std::string test_name(const testing::TestParamInfo<const char*>& file) {
  std::string name = file.param;
  std::ranges::replace_if(name, [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, CutPictures,
                         testing::Values("grey8.png", "rgb8-interlaced.png", "palette4-trns.png", "rgb8-chunks.png",
                                         "rgb.jpg", "grey.jpg", "rgb-progressive.jpg", "rgb-restarts.jpg", "cmyk.jpg",
                                         "orientation-6.jpg", "plain.gif", "interlaced.gif", "full-table.gif", "24.bmp",
                                         "8.bmp", "8-rle.bmp", "4-rle.bmp", "32-alpha-header-124.bmp"),
                         test_name);

TEST(DamagedPictures, NeverCrashTheDecoder) {
  const std::vector<std::string> names = picture_names();
  std::mt19937 random(1);
  const DecodeLimits limits{.max_bytes = 1U << 20U, .max_pixels = 1'000'000, .max_memory = 16U << 20U};
  std::size_t decoded_anyway = 0;
  for (int round = 0; round < 6000; ++round) {
    Bytes bytes = picture(names[round % names.size()]);
    const unsigned flips = 1 + random() % 4;
    for (unsigned i = 0; i < flips; ++i) bytes[random() % bytes.size()] ^= static_cast<std::byte>(1U << random() % 8);
    const Result<Header> header = read_header(bytes, limits);
    const Result<Image> decoded = decode(bytes, limits);
    if (!decoded) {
      EXPECT_FALSE(decoded.error().message.empty());
      continue;
    }
    ++decoded_anyway;
    ASSERT_TRUE(header);
    EXPECT_EQ(decoded->width, header->width);
    EXPECT_EQ(decoded->height, header->height);
    EXPECT_EQ(decoded->pixels.size(), decoded->row_bytes() * decoded->height);
  }
  // BMPs, for example, have no checksums.
  EXPECT_GT(decoded_anyway, 0U);
}

TEST(DamagedPictures, OfPngAreFoundByTheirChecksums) {
  Image noise = make_image(28, 28, 1);
  std::mt19937 random(2);
  for (auto& pixel : noise.pixels) pixel = static_cast<std::uint8_t>(random());
  const Bytes file = encode_png(noise);
  for (std::size_t at = 8; at < file.size(); ++at) {
    Bytes damaged = file;
    damaged[at] ^= std::byte{1};
    EXPECT_FALSE(decode(damaged)) << "byte " << at << " of " << file.size();
  }
}

// A tRNS chunk with a wrong checksum is passed over: nothing becomes transparent, least of all black.
TEST(DamagedPictures, OfPngKeepTheirPixelsWithoutATransparency) {
  for (const char* name : {"grey16-trns.png", "grey8-trns.png", "rgb8-trns.png"}) {
    Bytes file = picture(name);
    const std::size_t at = as_text(file).find("tRNS");
    file.at(at + 4) ^= std::byte{0x40};
    const Result<Image> decoded = decode(file);
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
    EXPECT_EQ(flatten(*decoded).pixels,
              expected_pixels(std::string(name).substr(0, std::string(name).find('-')) + ".png").pixels)
        << name;
  }
}

TEST(DamagedPictures, OfJpegAreNotPatchedOver) {
  Bytes file = make_jpeg(200, 200, false);
  // A marker in the middle of the scan ends it early.
  file[file.size() / 2] = std::byte{0xFF};
  file[file.size() / 2 + 1] = std::byte{0xD9};
  const Result<Image> decoded = decode(file);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::undecodable);
}

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<std::byte>(value >> (8 * i));
}

TEST(ImpossibleSizes, AreNamed) {
  Bytes png = picture("grey8.png");
  std::fill_n(png.begin() + 16, 4, std::byte{0});
  Bytes jpeg = make_jpeg(20, 30, false);
  const auto frame = std::ranges::search(jpeg, std::vector{std::byte{0xFF}, std::byte{0xC0}}).begin();
  std::fill_n(frame + 5, 2, std::byte{0});
  Bytes gif = picture("only-local-palette.gif");
  const auto descriptor = std::ranges::find(gif, std::byte{0x2C});
  std::fill_n(descriptor + 5, 2, std::byte{0});
  Bytes flat = picture("24.bmp");
  put32(flat, 22, 0);
  Bytes negative = picture("24.bmp");
  put32(negative, 18, static_cast<std::uint32_t>(-13));
  const std::vector<std::pair<Bytes, std::string>> cases{
      {png, "0 x 11"}, {jpeg, "20 x 0"}, {gif, "0 x 21"}, {flat, "13 x 0"}, {negative, "-13 x 11"}};
  for (const auto& [bytes, size] : cases) {
    const Result<Image> decoded = decode(bytes);
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::undecodable);
    EXPECT_NE(decoded.error().message.find(size), std::string::npos) << decoded.error().message;
  }
}

}  // namespace
}  // namespace vidi::image
