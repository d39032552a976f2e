// What is drawn: characters, papers, pictures.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <set>

#include "core/random.hpp"
#include "samples/fonts.hpp"
#include "samples/paper.hpp"
#include "samples/strokes.hpp"

namespace vidi::samples {
namespace {

using testing::HasSubstr;

std::vector<std::filesystem::path> dejavu() { return {"/usr/share/fonts/truetype/dejavu"}; }

TEST(Random, StreamsOfOneSeedHaveNothingInCommon) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t stream = 0; stream < 100; ++stream) {
    Random random(1, stream);
    for (int i = 0; i < 100; ++i) seen.insert(random.next());
  }
  EXPECT_EQ(seen.size(), 10'000U);
  EXPECT_EQ(Random(7, 3).next(), Random(7, 3).next());
}

TEST(Random, DrawsWithinItsBounds) {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform(2, 4);
    ASSERT_GE(value, 2);
    ASSERT_LT(value, 4);
    sum += value;
    ASSERT_LT(random.below(3), 3U);
  }
  EXPECT_NEAR(sum / 10'000, 3, 0.05);
}

TEST(Fonts, HaveTenDigitsAndNoLetterThatIsTakenForOne) {
  const auto fonts = load_fonts(dejavu());
  ASSERT_TRUE(fonts) << fonts.error().message;
  ASSERT_FALSE(fonts->empty());
  constexpr std::u32string_view kLikeDigits = U"OoDQIlij|/()ZzSs$BbGgqTJЗбЧ";
  for (const Font& font : *fonts) {
    ASSERT_EQ(font.digits.size(), 10U) << font.name;
    for (std::size_t digit = 0; digit < 10; ++digit) {
      EXPECT_EQ(font.digits[digit].label, digit) << font.name;
      EXPECT_GT(cv::countNonZero(font.digits[digit].ink > 200), 10) << font.name << ' ' << digit;
    }
    EXPECT_GE(font.others.size(), 20U) << font.name;
    for (const Glyph& glyph : font.others) {
      EXPECT_EQ(glyph.label, kNone);
      EXPECT_EQ(kLikeDigits.find(glyph.character), std::u32string_view::npos)
          << font.name << " U+" << std::hex << static_cast<unsigned>(glyph.character);
    }
  }
}

TEST(Fonts, TakesFewOfAFamily) {
  const auto few = load_fonts(dejavu(), 1);
  const auto more = load_fonts(dejavu(), 3);
  ASSERT_TRUE(few && more);
  EXPECT_LT(few->size(), more->size());
}

TEST(Fonts, SayWhereToGetSome) {
  const auto none = load_fonts({"/no/such/folder"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::not_found);
  EXPECT_THAT(none.error().message, HasSubstr("scripts/setup.sh train"));
}

TEST(Strokes, DrawEveryDigitAndNeverTheSameTwice) {
  Random random(1);
  for (std::uint8_t digit = 0; digit < 10; ++digit) {
    const cv::Mat first = draw_digit(digit, 60, random);
    const cv::Mat second = draw_digit(digit, 60, random);
    for (const cv::Mat& ink : {first, second}) {
      EXPECT_GT(cv::countNonZero(ink > 128), 40) << int{digit};
      EXPECT_NEAR(ink.rows, 66, 24) << int{digit};
    }
    EXPECT_TRUE(first.size() != second.size() || cv::norm(first, second, cv::NORM_INF) > 0) << int{digit};
  }
}

TEST(Strokes, DoodlesHoldInk) {
  Random random(1);
  for (int i = 0; i < 200; ++i) EXPECT_GT(cv::countNonZero(draw_doodle(40, random)), 0) << i;
}

TEST(Paper, TakesInkAndBecomesAPicture) {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    cv::Mat paper = make_paper({80, 40}, random);
    const cv::Mat before = paper.clone();
    cv::Mat ink(paper.size(), CV_8UC1, cv::Scalar(0));
    ink(cv::Rect(30, 10, 10, 20)).setTo(255);
    write_on(paper, ink, random);
    const cv::Mat change = before - paper;
    EXPECT_GT(cv::norm(change(cv::Rect(30, 10, 10, 20)), cv::NORM_L1), 0);
    EXPECT_EQ(cv::norm(change(cv::Rect(0, 0, 30, 40)), cv::NORM_L1), 0) << "paper changed where there is no ink";
    const cv::Mat picture = photograph(paper, random);
    EXPECT_EQ(picture.size(), paper.size());
    EXPECT_TRUE(picture.type() == CV_8UC1 || picture.type() == CV_8UC3) << picture.type();
  }
}

TEST(Paper, AJpegLosesALittle) {
  cv::Mat picture(32, 48, CV_8UC3);
  cv::randu(picture, 100, 140);
  cv::blur(picture, picture, {5, 5});
  const cv::Mat good = through_jpeg(picture, 95);
  const cv::Mat bad = through_jpeg(picture, 10);
  ASSERT_EQ(good.size(), picture.size());
  ASSERT_EQ(good.type(), picture.type());
  EXPECT_LT(cv::norm(good, picture, cv::NORM_L1), cv::norm(bad, picture, cv::NORM_L1));
  EXPECT_LT(cv::norm(bad, picture, cv::NORM_INF), 60);
}

}  // namespace
}  // namespace vidi::samples
