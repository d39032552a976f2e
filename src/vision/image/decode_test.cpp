#include "image/decode.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "image/encode.hpp"
#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

class Pictures : public testing::TestWithParam<std::string> {};

TEST_P(Pictures, AreSeenAsPillowSeesThem) {
  const Result<Image> decoded = decode(picture(GetParam()));
  ASSERT_TRUE(decoded) << decoded.error().message;
  const Image expected = expected_pixels(GetParam());
  EXPECT_EQ(decoded->width, expected.width);
  EXPECT_EQ(decoded->height, expected.height);
  ASSERT_EQ(decoded->channels, expected.channels);
  ASSERT_EQ(decoded->pixels.size(), expected.pixels.size());
  EXPECT_EQ(largest_difference(*decoded, expected), 0);
}

TEST_P(Pictures, TellTheirSizeBeforeTheyAreDecoded) {
  const Bytes bytes = picture(GetParam());
  const Result<Header> header = read_header(bytes, DecodeLimits{});
  ASSERT_TRUE(header) << header.error().message;
  const Image expected = expected_pixels(GetParam());
  EXPECT_EQ(header->width, expected.width);
  EXPECT_EQ(header->height, expected.height);
  EXPECT_GE(header->memory, expected.pixels.size());
}

std::string picture_test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Pictures, testing::ValuesIn(picture_names()), picture_test_name);

TEST(Sniff, KnowsTheFormatsByTheirContent) {
  EXPECT_EQ(sniff(picture("grey8.png")), &kPng);
  EXPECT_EQ(sniff(picture("rgb.jpg")), &kJpeg);
  EXPECT_EQ(sniff(picture("plain.gif")), &kGif);
  EXPECT_EQ(sniff(picture("24.bmp")), &kBmp);
  EXPECT_EQ(sniff(as_bytes("%PDF-1.7")), &kPdf);
  EXPECT_EQ(sniff(as_bytes("from: a mail program\r\n\r\n%PDF-1.4\n")), &kPdf);
  EXPECT_EQ(sniff(as_bytes("0 0.5 1")), &kTxt);
}

TEST(Sniff, TakesNothingElseForAPicture) {
  EXPECT_EQ(sniff({}), nullptr);
  EXPECT_EQ(sniff(as_bytes("\x89PNG\r\n\x1a")), nullptr);
  EXPECT_EQ(sniff(as_bytes("GIF88a and more")), nullptr);
  EXPECT_EQ(sniff(as_bytes("BMW is a make of cars, not a picture")), nullptr);
  EXPECT_EQ(sniff(as_bytes("hello")), nullptr);
  EXPECT_EQ(sniff(as_bytes(std::string(2000, ' ') + "%PDF-1.7")), nullptr);
}

TEST(Decode, SaysWhichFormatsItKnows) {
  const Result<Image> text = decode(as_bytes("hello"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::unsupported_media);
  EXPECT_NE(text.error().message.find("PNG, JPEG, GIF"), std::string::npos);
  const Result<Image> empty = decode({});
  ASSERT_FALSE(empty);
  EXPECT_NE(empty.error().message.find("empty"), std::string::npos);
}

TEST(Decode, SaysThatAPdfIsNoSinglePicture) {
  const Bytes pdf = to_bytes("%PDF-1.7");
  ASSERT_FALSE(decode(pdf));
  EXPECT_EQ(decode(pdf).error().code, ErrorCode::unsupported_media);
  EXPECT_NE(decode(pdf).error().message.find("pages"), std::string::npos);
  EXPECT_FALSE(read_header(pdf, {}));
}

TEST(Decode, NamesFormatsAndMediaTypes) {
  EXPECT_EQ(kJpeg.name, "JPEG");
  EXPECT_EQ(kBmp.media_type, "image/bmp");
  EXPECT_EQ(kTxt.media_type, "text/plain");
  EXPECT_EQ(kPdf.media_type, "application/pdf");
}

TEST(Formats, HaveEverythingThatTheirUsersAskThemFor) {
  for (const Format* format : kFormats) {
    EXPECT_FALSE(format->media_type.empty()) << format->name;
    EXPECT_NE(format->sniff, nullptr) << format->name;
    EXPECT_EQ(format->open == nullptr, format->kind == FormatKind::document) << format->name;
    ASSERT_FALSE(format->endings.empty()) << format->name;
    for (const std::string_view ending : format->endings) EXPECT_EQ(format_of_ending(ending), format) << ending;
  }
  EXPECT_EQ(format_of_ending("exe"), nullptr);
  EXPECT_EQ(format_of_ending(""), nullptr);
}

TEST(Formats, AreNamedByKind) {
  EXPECT_EQ(expected_formats({FormatKind::document}), "PDF");
  const std::string pictures = expected_formats({FormatKind::picture, FormatKind::text});
  EXPECT_TRUE(pictures.starts_with("PNG, JPEG, ")) << pictures;
  EXPECT_TRUE(pictures.ends_with(", or TXT with 784 numbers")) << pictures;
  EXPECT_EQ(pictures.find("PDF"), std::string::npos) << pictures;
}

// docs/reference/api.md is the one page that lists them.
TEST(Formats, AreDocumentedAsTheyAre) {
  std::ifstream file(TEST_DATA "/../../docs/reference/api.md");
  const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(page.empty());
  for (const Format* format : kFormats) {
    const std::string row =
        fmt::format("\n| {} | `.{}` | `{}` | ", format->name, fmt::join(format->endings, "`, `."), format->media_type);
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

TEST(PictureFile, GivesItsSizeAndItsPixelsWithoutBeingOpenedAgain) {
  const Bytes bytes = picture("rgb.jpg");
  Result<PictureFile> opened = PictureFile::open(bytes, {});
  ASSERT_TRUE(opened) << opened.error().message;
  const PictureFile file = std::move(*opened);
  EXPECT_EQ(&file.format(), &kJpeg);
  const Result<Image> decoded = file.decode();
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, *decode(bytes));
  EXPECT_EQ(file.header()->width, decoded->width);
  EXPECT_EQ(file.decode_scaled(1)->image, decode_scaled(bytes, 1)->image);
  EXPECT_EQ(*file.decode(), *decoded);
}

class Encoded : public testing::TestWithParam<int> {};

// Large enough for the general PNG decoder, small enough for the quick one.
TEST_P(Encoded, IsReadBackAsItWas) {
  for (const int side : {1, 28, 300}) {
    Image image = make_image(side, side + 1, GetParam());
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * i / 7 + i);
    const Result<Image> decoded = decode(encode_png(image));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(*decoded, image);
  }
}

INSTANTIATE_TEST_SUITE_P(Channels, Encoded, testing::Values(1, 2, 3, 4));

}  // namespace
}  // namespace vidi::image
