// Bombs: small files that ask for much. Each is refused, or decoded in little memory.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/make_jpeg.hpp"
#include "image/make_png.hpp"
#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kMebibyte = 1U << 20U;

std::string deflated_zeros(std::size_t count) { return deflated(std::string(count, '\0')); }

std::size_t status_bytes(std::string_view field) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(field)) return std::stoul(line.substr(field.size() + 1)) * 1024;
  }
  return 0;
}

// How far the memory of this process rises meanwhile.
template <typename Work>
std::size_t peak_growth_of(Work work) {
  std::ofstream("/proc/self/clear_refs") << 5;  // sets the peak back to what is in use
  const std::size_t before = status_bytes("VmRSS:");
  work();
  const std::size_t peak = status_bytes("VmHWM:");
  return peak > before ? peak - before : 0;
}

std::size_t peak_growth(ByteView bytes, const DecodeLimits& limits, Result<Image>& decoded) {
  return peak_growth_of([&] { decoded = decode(bytes, limits); });
}

void expect_refused(ByteView bytes, ErrorCode code, std::string_view named, const DecodeLimits& limits = {}) {
  Result<Image> decoded;
  EXPECT_LT(peak_growth(bytes, limits, decoded), 8 * kMebibyte) << named;
  ASSERT_FALSE(decoded) << named;
  EXPECT_EQ(decoded.error().code, code) << decoded.error().message;
  EXPECT_NE(decoded.error().message.find(named), std::string::npos) << decoded.error().message;
  const Result<Header> header = read_header(bytes, limits);
  if (code == ErrorCode::too_large) {
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error(), decoded.error());
  }
}

TEST(Limits, NameTheValueAndTheLimit) {
  const Bytes bytes = picture("grey8.png");
  const std::string size = std::to_string(bytes.size());
  expect_refused(bytes, ErrorCode::too_large, size + " bytes; at most 20 are", {.max_bytes = 20});
  expect_refused(bytes, ErrorCode::too_large, "13 x 11, which is 143 pixels; at most 142 are", {.max_pixels = 142});
  expect_refused(bytes, ErrorCode::too_large, "at most 100 are", {.max_memory = 100});
  EXPECT_TRUE(decode(bytes, {.max_bytes = bytes.size(), .max_pixels = 143}));
}

TEST(Limits, StopPicturesOfHugeSizeInEveryFormat) {
  expect_refused(as_bytes(make_png(60'000, 60'000, "", deflated_zeros(1000))), ErrorCode::too_large, "60000 x 60000");
  expect_refused(as_bytes(make_png(0x7FFFFFFF, 0x7FFFFFFF, "", deflated_zeros(1000))), ErrorCode::too_large,
                 "2147483647");

  Bytes jpeg = make_jpeg(20, 30, false);
  const auto frame = std::ranges::search(jpeg, std::vector{std::byte{0xFF}, std::byte{0xC0}}).begin();
  std::fill_n(frame + 5, 4, std::byte{0xFF});
  expect_refused(jpeg, ErrorCode::too_large, "65535 x 65535");

  Bytes gif = picture("plain.gif");
  std::fill_n(gif.begin() + 6, 4, std::byte{0xFF});
  expect_refused(gif, ErrorCode::too_large, "65535 x 65535");

  Bytes bmp = picture("8-rle.bmp");
  for (const std::size_t at : {18U, 22U}) {
    bmp[at] = std::byte{0x60};
    bmp[at + 1] = std::byte{0xEA};
  }
  expect_refused(bmp, ErrorCode::too_large, "60000 x 60000");
}

TEST(Limits, CountTheCoefficientsOfAProgressiveJpeg) {
  const DecodeLimits limits{.max_memory = 16 * kMebibyte};
  EXPECT_TRUE(decode(make_jpeg(2000, 2000, false), limits));
  expect_refused(make_jpeg(2000, 2000, true), ErrorCode::too_large, "JPEG picture of 2000 x 2000", limits);
}

TEST(Bombs, APngThatCannotHoldItsPixelsIsRefusedBeforeTheyAreAllocated) {
  expect_refused(as_bytes(make_png(7'000, 7'000, "", deflated_zeros(1000))), ErrorCode::undecodable,
                 "too few for 7000 x 7000");
}

TEST(Bombs, AJpegThatCannotHoldItsPixelsIsRefusedBeforeTheyAreAllocated) {
  Bytes jpeg = make_jpeg(20, 30, false);
  const auto frame = std::ranges::search(jpeg, std::vector{std::byte{0xFF}, std::byte{0xC0}}).begin();
  frame[5] = frame[7] = std::byte{0x1B};
  expect_refused(jpeg, ErrorCode::undecodable, "too few for");
}

TEST(Bombs, ABmpThatCannotHoldItsPixelsIsRefusedBeforeTheyAreAllocated) {
  Bytes bmp = picture("24.bmp");
  bmp[19] = std::byte{0x40};
  expect_refused(bmp, ErrorCode::undecodable, "its pixels are");
}

TEST(Bombs, APngIsNotInflatedPastItsPixels) {
  Result<Image> decoded;
  EXPECT_LT(peak_growth(as_bytes(make_png(10, 10, "", deflated_zeros(200 * kMebibyte))), {}, decoded), 8 * kMebibyte);
}

TEST(Bombs, TextAndProfilesOfAPngAreNotInflated) {
  const std::string bomb = deflated_zeros(64 * kMebibyte);
  std::string chunks;
  for (int i = 0; i < 20; ++i) chunks += png_chunk("zTXt", std::string("key\0\0", 5) + bomb);
  chunks +=
      png_chunk("iCCP", std::string("key\0\0", 5) + bomb) + png_chunk("iTXt", std::string("key\0\1\0\0\0", 8) + bomb);
  chunks += png_chunk("sPLT", std::string(4 * kMebibyte, 'x'));
  Result<Image> decoded;
  EXPECT_LT(peak_growth(as_bytes(make_png(1, 1, chunks, deflated_zeros(2))), {}, decoded), 8 * kMebibyte);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->pixels, std::vector<std::uint8_t>{0});
}

TEST(Bombs, AJpegOfManyScansIsRefused) {
  constexpr std::byte kTables[] = {std::byte{0xFF}, std::byte{0xC4}};  // of the second scan
  const Bytes file = make_jpeg(64, 64, true);
  const auto scan = std::ranges::search(file, std::vector{std::byte{0xFF}, std::byte{0xDA}}).begin();
  const auto behind = std::search(scan, file.end(), std::begin(kTables), std::end(kTables));
  Bytes bomb(file.begin(), behind);
  for (int i = 0; i < 200; ++i) bomb.insert(bomb.end(), scan, behind);
  bomb.insert(bomb.end(), behind, file.end());
  expect_refused(bomb, ErrorCode::undecodable, "100 scans");
}

// A small BMP or GIF turned into a large one: the runs end early, or the frame covers a corner of the canvas.
Bytes with_size(Bytes file, std::size_t width_at, std::size_t height_at) {
  for (const std::size_t at : {width_at, height_at}) {
    file.at(at) = std::byte{0xB9};
    file.at(at + 1) = std::byte{0x0B};
  }
  return file;
}

constexpr int kSide = 3001;

struct LargePicture {
  const char* what;
  Bytes (*make)();
  std::size_t channels;
};

template <int kChannels>
Bytes large_png() {
  return encode_png(make_image(kSide, kSide, kChannels));
}

// Functions, so that listing the tests makes no picture.
constexpr LargePicture kLargePictures[] = {
    {"Jpeg", [] { return make_jpeg(kSide, kSide, false); }, 3},
    {"ProgressiveJpeg", [] { return make_jpeg(kSide, kSide, true); }, 3},
    {"GrayPng", large_png<1>, 1},
    {"GrayAlphaPng", large_png<2>, 2},
    {"ColorPng", large_png<3>, 3},
    {"ColorAlphaPng", large_png<4>, 4},
    {"RunLengthBmp", [] { return with_size(picture("8-rle.bmp"), 18, 22); }, 3},
    {"Gif", [] { return with_size(picture("plain.gif"), 6, 8); }, 4},
};

std::ostream& operator<<(std::ostream& out, const LargePicture& large) { return out << large.what; }

class MemoryEstimate : public testing::TestWithParam<LargePicture> {};

TEST_P(MemoryEstimate, IsNotExceededAndNotFarAbove) {
  const Bytes file = GetParam().make();
  const std::size_t bytes_of_pixels = GetParam().channels * kSide * kSide;
  const Result<Header> header = read_header(file, {});
  ASSERT_TRUE(header) << header.error().message;
  Result<Image> decoded;
  EXPECT_LT(peak_growth(file, {}, decoded), header->memory + 4 * kMebibyte);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->pixels.size(), bytes_of_pixels);
  EXPECT_GE(header->memory, bytes_of_pixels);
  EXPECT_LT(header->memory, bytes_of_pixels * 7 / 3 + 2 * kMebibyte);
}

INSTANTIATE_TEST_SUITE_P(Of, MemoryEstimate, testing::ValuesIn(kLargePictures),
                         [](const testing::TestParamInfo<LargePicture>& large) { return large.param.what; });

class ScaledMemoryEstimate : public testing::TestWithParam<bool> {};

TEST_P(ScaledMemoryEstimate, IsOfTheScaledPictureAndNotExceeded) {
  const bool progressive = GetParam();
  const Bytes file = make_jpeg(4000, 3000, progressive);
  const std::size_t coefficients = progressive ? std::size_t{4000} * 3000 * 3 : 0;
  const Result<Header> header = read_header(file, {}, 1000);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->width, 4000);
  EXPECT_EQ(header->height, 3000);
  Result<ScaledImage> decoded;
  EXPECT_LT(peak_growth_of([&] { decoded = decode_scaled(file, 1000); }), header->memory + 4 * kMebibyte);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->image.width, 1000);
  EXPECT_LT(header->memory, coefficients + 4 * kMebibyte);
}

TEST_P(ScaledMemoryEstimate, IsWhatTheLimitIsComparedWith) {
  const Bytes file = make_jpeg(4000, 3000, GetParam());
  const DecodeLimits limits{.max_memory = (GetParam() ? 44 : 8) * kMebibyte};
  EXPECT_FALSE(read_header(file, limits));
  EXPECT_FALSE(decode(file, limits));
  EXPECT_TRUE(read_header(file, limits, 1000));
  EXPECT_TRUE(decode_scaled(file, 1000, limits));
}

INSTANTIATE_TEST_SUITE_P(OfAJpeg, ScaledMemoryEstimate, testing::Bool(), [](const testing::TestParamInfo<bool>& scans) {
  return scans.param ? "InSeveralScans" : "InOneScan";
});

}  // namespace
}  // namespace vidi::image
