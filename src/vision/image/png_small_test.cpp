// The quick decoder of small PNGs may know less than the general one, but must never see another picture.

#include "image/png_small.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/make_png.hpp"
#include "image/test_pictures.hpp"

namespace vidi::image {
namespace {

using namespace std::string_literals;

bool is_quick(ByteView file) {
  const Result<PngLayout> layout = inspect_png(file);
  return layout && decode_small_png(file, *layout).has_value();
}

// Two rows of three pixels, each behind its filter's number.
const std::string kRows = "\0\x0a\x14\x1e\x01\x05\x05\x05"s;
const std::vector<std::uint8_t> kPixels{10, 20, 30, 5, 10, 15};

std::string plain() { return make_png(3, 2, "", deflated(kRows)); }

TEST(QuickPng, DecodesWhatEncodersWrite) {
  for (const int channels : {1, 2, 3, 4}) EXPECT_TRUE(is_quick(encode_png(make_image(28, 28, channels)))) << channels;
  EXPECT_TRUE(is_quick(as_bytes(plain())));
  EXPECT_TRUE(is_quick(as_bytes(make_png(3, 2, png_chunk("tEXt", "a\0b"s), deflated(kRows)))));
}

// The same data in two IDAT chunks is left to the general decoder.
TEST(QuickPng, SeesWhatTheGeneralDecoderSees) {
  for (const char* name : {"grey8.png", "greyalpha8.png", "rgb8.png", "rgba8.png"}) {
    const Bytes file = picture(name);
    ASSERT_TRUE(is_quick(file)) << name;
    const std::string text(as_text(file));
    const std::size_t data_at = text.find("IDAT") + 4;
    const std::string data = text.substr(data_at, text.size() - data_at - 16);
    const std::string halves = text.substr(0, data_at - 8) + png_chunk("IDAT", data.substr(0, data.size() / 2)) +
                               png_chunk("IDAT", data.substr(data.size() / 2)) + png_chunk("IEND", "");
    EXPECT_FALSE(is_quick(as_bytes(halves))) << name;
    const Result<Image> general = decode(as_bytes(halves));
    ASSERT_TRUE(general) << name << ": " << general.error().message;
    EXPECT_EQ(*decode(file), *general) << name;
  }
}

struct Oddity {
  const char* what;
  std::string file;
  bool decodes;
};

std::ostream& operator<<(std::ostream& out, const Oddity& oddity) { return out << oddity.what; }

class OddPngs : public testing::TestWithParam<Oddity> {};

TEST_P(OddPngs, AreLeftToTheGeneralDecoder) {
  const auto& [what, file, decodes] = GetParam();
  SCOPED_TRACE(what);
  EXPECT_FALSE(is_quick(as_bytes(file)));
  const Result<Image> decoded = decode(as_bytes(file));
  ASSERT_EQ(decoded.has_value(), decodes);
  EXPECT_TRUE(!decoded || decoded->pixels == kPixels);
}

std::vector<Oddity> oddities() {
  const std::string data = deflated(kRows);
  const std::string without_end = plain().substr(0, plain().size() - 12);
  const std::string header = plain().substr(16, 13);
  return {
      {"AChunkThatMustBeKnown", make_png(3, 2, png_chunk("ABCD", "x"), data), false},
      {"ASecondHeader", make_png(3, 2, png_chunk("IHDR", header), data), false},
      {"APaletteCutInAColor", make_png(3, 2, png_chunk("PLTE", "xy"), data), false},
      {"AnEndThatHoldsData", without_end + png_chunk("IEND", "x"), false},
      {"NoEnd", without_end, false},
      {"AChunkAfterTheData", without_end + png_chunk("tEXt", "a\0b"s) + png_chunk("IEND", ""), true},
      {"ARowTooFew", make_png(3, 2, "", deflated(kRows.substr(0, 4))), false},
      {"ARowTooMany", make_png(3, 2, "", deflated(kRows + kRows)), true},
      {"AFilterThatIsNone", make_png(3, 2, "", deflated("\x05"s + kRows.substr(1))), false},
      {"AWrongSumOfThePixels", make_png(3, 2, "", data.substr(0, data.size() - 1) + "?"), false},
      {"DataThatIsNoZlibStream", make_png(3, 2, "", "?" + data.substr(1)), false},
      {"NoDataAtAll", make_png(3, 2, "", ""), false},
  };
}

INSTANTIATE_TEST_SUITE_P(With, OddPngs, testing::ValuesIn(oddities()),
                         [](const testing::TestParamInfo<Oddity>& oddity) { return std::string(oddity.param.what); });

}  // namespace
}  // namespace vidi::image
