#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "image/decode.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kFormSide = 28;

struct Layout {
  std::string separator = " ";
  std::string line_end = "\n";
  std::size_t in_a_line = kFormSide;
};

std::string write(const std::vector<std::string>& values, const Layout& layout) {
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    text += values[i];
    text += (i + 1) % layout.in_a_line == 0 ? layout.line_end : layout.separator;
  }
  return text;
}

// Value i of the picture is i modulo 256.
std::vector<std::string> values_by(const std::function<std::string(int)>& write_value, std::size_t count = 784) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(write_value(static_cast<int>(i % 256)));
  return values;
}

std::vector<std::string> counted(std::size_t count = 784) {
  return values_by([](int value) { return std::to_string(value); }, count);
}

void expect_counted(const std::string& text) {
  const Result<Image> image = decode(as_bytes(text));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->width, 28);
  EXPECT_EQ(image->height, 28);
  ASSERT_EQ(image->channels, 1);
  for (std::size_t i = 0; i < image->pixels.size(); ++i) ASSERT_EQ(image->pixels[i], i % 256) << "value " << i;
}

void expect_refused(const std::string& text, const std::string& named) {
  const Result<Image> image = decode(as_bytes(text));
  ASSERT_FALSE(image) << named;
  EXPECT_EQ(image.error().code, ErrorCode::undecodable) << image.error().message;
  EXPECT_NE(image.error().message.find(named), std::string::npos) << image.error().message;
  EXPECT_EQ(decode_as(kTxt, as_bytes(text)).error(), image.error());
}

TEST(Txt, IsReadInEveryArrangement) {
  expect_counted(write(counted(), {.in_a_line = 784}));
  expect_counted(write(counted(), {.line_end = "", .in_a_line = 784}));
  expect_counted(write(counted(), {.separator = ","}));
  expect_counted(write(counted(), {.separator = ", ", .line_end = ",\r\n"}));
  expect_counted(write(counted(), {.separator = " ,", .line_end = "\n\n  \n"}));
  expect_counted(write(counted(), {.separator = "\t", .line_end = " \t\n"}));
  expect_counted(write(counted(), {.in_a_line = 1}));
  expect_counted("\xEF\xBB\xBF  \n" + write(counted(), {}) + "\n \n");
}

TEST(Txt, IsReadInEveryNotation) {
  expect_counted(write(values_by([](int value) { return std::to_string(value) + ".0"; }), {}));
  expect_counted(write(values_by([](int value) { return "+" + std::to_string(value) + "e0"; }), {}));
  // As numpy.savetxt writes it.
  expect_counted(write(values_by([](int value) {
                         char text[40];
                         std::snprintf(text, sizeof text, "%.18e", static_cast<double>(value));
                         return std::string(text);
                       }),
                       {}));
}

TEST(Txt, FromZeroToOneIsStretched) {
  expect_counted(write(values_by([](int value) { return std::to_string(value / 255.0); }), {.in_a_line = 784}));
  std::vector<std::string> bits(784, "0");
  bits[5] = "1";
  const Result<Image> image = decode(as_bytes(write(bits, {})));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->pixels[4], 0);
  EXPECT_EQ(image->pixels[5], 255);
}

TEST(Txt, FractionsUpTo255AreRounded) {
  std::vector<std::string> values(784, "1.4");
  values[0] = "254.6";
  const Result<Image> image = decode(as_bytes(write(values, {})));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->pixels[0], 255);
  EXPECT_EQ(image->pixels[1], 1);
}

TEST(Txt, OfAnotherCountSaysHowManyWereFound) {
  expect_refused(write(counted(783), {.in_a_line = 784}), "783 numbers were found, 784 are expected (28x28)");
  expect_refused(write(counted(785), {.in_a_line = 785}), "785 numbers were found");
  expect_refused(write(counted(756), {}), "756 numbers were found");
  expect_refused(write(counted(812), {}), "812 numbers were found");
  expect_refused("4\n", "1 number was found, 784 are expected");
  expect_refused(write(counted(), {.in_a_line = 56}), "784 numbers were found in 14 lines");
}

TEST(Txt, WithAnUnevenLineNamesIt) {
  std::vector<std::string> values = counted();
  values[2 * kFormSide + 3].clear();
  expect_refused(write(values, {}), "line 3 holds 27 numbers, 28 are expected");
  values[2 * kFormSide + 3] = "4 5";
  expect_refused("\n\n" + write(values, {}), "line 5 holds 29 numbers, 28 are expected");
}

TEST(Txt, WithAWordNamesIt) {
  for (const std::string word : {"abc", "0x10", "1..2", "--1", "+-1", "nan", "1e", "12a", "1_000", "5;6", "."}) {
    std::vector<std::string> values = counted();
    values[kFormSide + 1] = word;
    expect_refused(write(values, {}), "'" + word + "' in line 2 is not a number");
  }
  expect_refused("1 2\n3 \xC3\xA9zz", "'??zz' in line 2 is not a number");
  expect_refused("1 " + std::string(100, 'x'), "'" + std::string(20, 'x') + "...' in line 1");
}

TEST(Txt, WithAValueOutOfRangeNamesIt) {
  for (const std::string value : {"256", "-1", "255.5", "1e999", "-0.001", "inf"}) {
    std::vector<std::string> values = counted();
    values[783] = value;
    expect_refused(write(values, {}),
                   value + " in line 28 is out of range; the values are from 0 to 1 or from 0 to 255");
  }
}

TEST(Txt, WithAMissingValueIsRefused) {
  expect_refused("1,,2", "a comma in line 1 has no number before it");
  expect_refused("1,2\n, ,3", "a comma in line 2 has no number before it");
  expect_refused(",1,2", "a comma in line 1 has no number before it");
}

TEST(Txt, OfGreatLengthIsRefusedUnread) {
  expect_refused(std::string(100'000, '1'), "it has 100000 bytes; 784 numbers are expected");
}

TEST(Txt, IsToldFromOtherContent) {
  EXPECT_EQ(sniff(as_bytes(" \n-1")), &kTxt);
  EXPECT_EQ(sniff(as_bytes(".5, .6")), &kTxt);
  EXPECT_EQ(sniff(as_bytes(" \n")), nullptr);
  EXPECT_EQ(sniff(as_bytes(std::string("1 2\0 3", 6))), nullptr);
  EXPECT_EQ(sniff(as_bytes("<svg>1</svg>")), nullptr);
}

TEST(Txt, HeaderTellsTheSize) {
  const Result<Header> header = read_header(as_bytes(write(counted(), {})), {});
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->width, 28);
  EXPECT_EQ(header->height, 28);
  EXPECT_FALSE(read_header(as_bytes(write(counted(), {})), {.max_pixels = 783}));
}

}  // namespace
}  // namespace vidi::image
