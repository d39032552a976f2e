#include "digits/find.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "datasets/mnist.hpp"
#include "image/resample.hpp"

namespace vidi::digits {
namespace {

using image::Image;
using testing::HasSubstr;

Image gray_picture(int width, int height, int value) {
  Image picture = image::make_image(width, height, 1);
  std::ranges::fill(picture.pixels, static_cast<std::uint8_t>(value));
  return picture;
}

void fill(Image& picture, const Box& box, int value) {
  for (int y = box.y; y < box.bottom(); ++y) {
    std::ranges::fill(picture.row(y).subspan(static_cast<std::size_t>(box.x), static_cast<std::size_t>(box.width)),
                      static_cast<std::uint8_t>(value));
  }
}

// A seven: a bar and a stem, as high as `height`.
void draw_seven(Image& picture, int x, int y, int height, int value) {
  const int stroke = std::max(2, height / 8);
  fill(picture, {x, y, height / 2, stroke}, value);
  fill(picture, {x + height / 2 - stroke, y, stroke, height}, value);
}

// Where values of at least 64 are.
Box extent(const Form& form) {
  int left = kFormSide;
  int right = 0;
  int top = kFormSide;
  int bottom = 0;
  for (int i = 0; i < kFormSide * kFormSide; ++i) {
    if (form[static_cast<std::size_t>(i)] < 64) continue;
    left = std::min(left, i % kFormSide);
    right = std::max(right, i % kFormSide + 1);
    top = std::min(top, i / kFormSide);
    bottom = std::max(bottom, i / kFormSide + 1);
  }
  return {left, top, right - left, bottom - top};
}

std::pair<double, double> mass_center(const Form& form) {
  double mass = 0;
  double x = 0;
  double y = 0;
  for (int i = 0; i < kFormSide * kFormSide; ++i) {
    const int value = form[static_cast<std::size_t>(i)];
    mass += value;
    x += value * (i % kFormSide);
    const int row = i / kFormSide;
    y += value * row;
  }
  return {x / mass, y / mass};
}

double difference(const Form& a, const Form& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<double>(a.size());
}

// The candidates of the first view that take whole characters, left to right and line by line.
std::vector<Candidate> found(Image picture) {
  std::vector<Candidate> candidates;
  for (const Line& line : find_digits(std::move(picture)).lines) {
    if (line.view == 0) candidates.insert(candidates.end(), line.candidates.begin(), line.candidates.end());
  }
  return candidates;
}

std::vector<int> lefts(const std::vector<Candidate>& candidates) {
  std::vector<int> result;
  for (const Candidate& candidate : candidates) result.push_back(candidate.box.x);
  return result;
}

class MnistTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto loaded = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    ASSERT_TRUE(loaded) << loaded.error().message;
    mnist = new datasets::LabeledImages(std::move(*loaded));
  }
  static void TearDownTestSuite() { delete mnist; }

  static Image picture(std::size_t index) {
    Image image = image::make_image(28, 28, 1);
    std::ranges::copy(mnist->image(index), image.pixels.begin());
    return image;
  }

  static inline datasets::LabeledImages* mnist = nullptr;
};

TEST_F(MnistTest, EveryTestImagePassesUnchangedInEitherPolarity) {
  ASSERT_EQ(mnist->size(), 10'000U);
  for (std::size_t i = 0; i < mnist->size(); ++i) {
    const Image image = picture(i);
    Image negative = image;
    for (auto& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
    for (const Image& each : {image, negative}) {
      const Findings findings = find_digits(each);
      ASSERT_EQ(findings.lines.size(), 1U) << i;
      ASSERT_EQ(findings.lines[0].candidates.size(), 1U) << i;
      ASSERT_TRUE(std::ranges::equal(findings.lines[0].candidates[0].form, image.pixels)) << i;
    }
  }
}

TEST_F(MnistTest, AnEnlargedDigitOnPaperComesBackAlmostAsItWas) {
  double sum = 0;
  int count = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const Image image = picture(i);
    Image large = image::resample(image, 280, 280, image::Filter::bicubic);
    for (auto& value : large.pixels) value = static_cast<std::uint8_t>(230 - value * 200 / 255);
    const auto candidates = found(large);
    if (candidates.empty()) continue;
    Form form;
    std::ranges::copy(image.pixels, form.begin());
    double best = 255;
    for (const Candidate& candidate : candidates) best = std::min(best, difference(candidate.form, form));
    sum += best;
    ++count;
  }
  EXPECT_GE(count, 199);
  EXPECT_LT(sum / count, 16);
}

TEST(FindDigits, DarkInkOnWhiteFillsTheTwentyPixelBoxAndKeepsItsAspect) {
  Image picture = gray_picture(300, 200, 255);
  fill(picture, {200, 40, 20, 100}, 0);
  const auto candidates = found(picture);
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_NEAR(candidates[0].box.x, 200, 1);
  EXPECT_NEAR(candidates[0].box.y, 40, 1);
  EXPECT_NEAR(candidates[0].box.width, 20, 2);
  EXPECT_NEAR(candidates[0].box.height, 100, 2);
  const Box box = extent(candidates[0].form);
  EXPECT_EQ(box.height, 20);
  EXPECT_NEAR(box.width, 4, 1);
  const auto [x, y] = mass_center(candidates[0].form);
  EXPECT_NEAR(x, 14, 0.5);
  EXPECT_NEAR(y, 14, 0.5);
}

TEST(FindDigits, LightOnDarkAndDarkOnLightGiveNearlyTheSameForm) {
  Image picture = gray_picture(100, 100, 240);
  draw_seven(picture, 30, 20, 60, 20);
  Image negative = picture;
  for (auto& value : negative.pixels) value = static_cast<std::uint8_t>(255 - value);
  EXPECT_LT(difference(found(picture).at(0).form, found(negative).at(0).form), 2);
}

TEST(FindDigits, TheStrokeOfAThinPenIsBroughtToTheWeightOfAThickOne) {
  const auto ink = [](int stroke) {
    Image picture = gray_picture(300, 300, 250);
    fill(picture, {100, 50, 100, stroke}, 30);
    fill(picture, {200 - stroke, 50, stroke, 200}, 30);
    const Form form = found(picture).at(0).form;
    double sum = 0;
    for (const auto value : form) sum += value / 255.0;
    return sum;
  };
  EXPECT_GT(ink(2), 40) << "two pixels of 200 are a fifth of a pixel of 20";
  EXPECT_LT(ink(20) / ink(2), 2);
}

TEST(FindDigits, ShadowsAndSlopesOfLightAreNoInk) {
  Image picture = gray_picture(400, 300, 0);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const int light = 240 - x / 4 - y / 5;
      picture.row(y)[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x > 250 ? light / 2 : light);
    }
  }
  Image with_digit = picture;
  draw_seven(with_digit, 100, 80, 140, 40);
  const auto candidates = found(with_digit);
  ASSERT_FALSE(candidates.empty());
  EXPECT_NEAR(candidates[0].box.x, 100, 3);
  EXPECT_NEAR(candidates[0].box.height, 140, 5);
}

TEST(FindDigits, ColoredInkOnColoredPaperOfTheSameBrightnessIsSeen) {
  Image picture = image::make_image(200, 200, 3);
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 200; ++x) {
      const bool ink = (x >= 120 && x < 135 && y >= 40 && y < 160) || (x >= 60 && x < 135 && y >= 40 && y < 55);
      const auto pixel = picture.row(y).subspan(static_cast<std::size_t>(x) * 3, 3);
      pixel[0] = ink ? 200 : 60;
      pixel[1] = ink ? 60 : 130;
      pixel[2] = 60;
    }
  }
  const auto candidates = found(picture);
  ASSERT_EQ(candidates.size(), 1U);
  EXPECT_NEAR(candidates[0].box.width, 75, 3);
}

TEST(FindDigits, TransparencyIsPaperWhateverTheColorOfTheInk) {
  for (const int ink : {0, 255}) {
    Image picture = image::make_image(60, 60, 4);
    for (int y = 10; y < 50; ++y) {
      for (std::size_t x = 25; x < 33; ++x) {
        for (std::size_t c = 0; c < 3; ++c) picture.row(y)[x * 4 + c] = static_cast<std::uint8_t>(ink);
        picture.row(y)[x * 4 + 3] = 255;
      }
    }
    const auto candidates = found(picture);
    ASSERT_EQ(candidates.size(), 1U) << ink;
    EXPECT_NEAR(candidates[0].box.x, 25, 1);
    EXPECT_NEAR(candidates[0].box.height, 40, 2);
  }
}

TEST(FindDigits, ReadsLinesFromTopToBottomAndFromLeftToRight) {
  Image picture = gray_picture(600, 400, 250);
  for (const int x : {320, 60, 190}) draw_seven(picture, x, 40, 100, 20);
  for (const int x : {420, 100}) draw_seven(picture, x, 220, 100, 20);
  const Findings findings = find_digits(picture);
  ASSERT_EQ(findings.lines.size(), 2U);
  EXPECT_THAT(lefts(findings.lines[0].candidates), testing::ElementsAre(60, 190, 320));
  EXPECT_THAT(lefts(findings.lines[1].candidates), testing::ElementsAre(100, 420));
}

TEST(FindDigits, ARuledLineThroughADigitIsTakenOut) {
  Image picture = gray_picture(600, 400, 250);
  for (const int y : {60, 140, 220, 300}) fill(picture, {0, y, 600, 2}, 60);
  draw_seven(picture, 250, 120, 120, 20);
  const auto candidates = found(picture);
  ASSERT_FALSE(candidates.empty());
  EXPECT_NEAR(candidates[0].box.x, 250, 3);
  EXPECT_NEAR(candidates[0].box.width, 60, 5);
}

TEST(FindDigits, ADigitInABoxIsFoundWithoutTheBox) {
  Image picture = gray_picture(300, 300, 250);
  fill(picture, {40, 40, 220, 220}, 30);
  fill(picture, {44, 44, 212, 212}, 250);
  draw_seven(picture, 110, 80, 140, 20);
  const auto candidates = found(picture);
  const bool alone = std::ranges::any_of(candidates, [](const Candidate& candidate) {
    return std::abs(candidate.box.x - 110) <= 3 && std::abs(candidate.box.width - 70) <= 5;
  });
  EXPECT_TRUE(alone);
}

TEST(FindDigits, TouchingDigitsAreOfferedTogetherAndApart) {
  Image picture = gray_picture(400, 300, 250);
  draw_seven(picture, 100, 80, 140, 20);
  draw_seven(picture, 165, 85, 140, 20);
  const Findings findings = find_digits(picture);
  ASSERT_EQ(findings.lines.size(), 1U);
  const Line& line = findings.lines[0];
  EXPECT_GE(line.pieces, 2);
  const auto spans = [&](int first, int last) {
    return std::ranges::any_of(line.candidates,
                               [&](const Candidate& each) { return each.first == first && each.last == last; });
  };
  EXPECT_TRUE(spans(0, line.pieces));
  EXPECT_TRUE(spans(0, 1));
  EXPECT_TRUE(spans(line.pieces - 1, line.pieces));
}

TEST(FindDigits, ABlurredDrawingThatFillsItsFrameIsWhole) {
  // Ink covers half of the picture, and hardly a pixel has one of two values.
  Image small = gray_picture(8, 8, 255);
  fill(small, {1, 0, 6, 2}, 0);
  fill(small, {5, 0, 2, 8}, 0);
  const auto candidates = found(image::resample(small, 64, 64, image::Filter::bicubic));
  ASSERT_FALSE(candidates.empty());
  EXPECT_NEAR(candidates[0].box.x, 8, 4);
  EXPECT_NEAR(candidates[0].box.width, 48, 8);
  EXPECT_EQ(candidates[0].box.height, 64);
}

TEST(FindDigits, ABoxFainterThanTheWritingInItIsTakenOut) {
  Image picture = gray_picture(500, 200, 230);
  for (const int x : {40, 190, 340}) {
    fill(picture, {x, 40, 120, 120}, 190);
    fill(picture, {x + 3, 43, 114, 114}, 230);
    draw_seven(picture, x + 40, 60, 80, 20);
  }
  EXPECT_THAT(lefts(found(picture)), testing::ElementsAre(80, 230, 380));
}

TEST(FindDigits, NeighborsThatThePicturesSidesCutOffAreLeftOut) {
  Image picture = gray_picture(200, 150, 245);
  draw_seven(picture, 80, 10, 130, 20);
  fill(picture, {0, 30, 8, 80}, 20);
  fill(picture, {188, 30, 12, 12}, 20);
  fill(picture, {188, 90, 12, 12}, 20);
  EXPECT_THAT(lefts(found(picture)), testing::ElementsAre(80));
}

TEST(FindDigits, AStrokeThatIsBrokenAcrossIsOneDigit) {
  Image picture = gray_picture(300, 300, 250);
  draw_seven(picture, 100, 60, 160, 20);
  fill(picture, {150, 140, 60, 14}, 250);
  const Findings findings = find_digits(picture);
  ASSERT_EQ(findings.lines.size(), 1U);
  const bool whole = std::ranges::any_of(findings.lines[0].candidates,
                                         [](const Candidate& candidate) { return candidate.box.height > 150; });
  EXPECT_TRUE(whole);
}

TEST(FindDigits, AThinOneBesideOtherDigitsIsNoLine) {
  Image picture = gray_picture(300, 100, 250);
  for (const int x : {40, 200}) draw_seven(picture, x, 10, 80, 20);
  fill(picture, {140, 12, 6, 76}, 20);
  EXPECT_THAT(lefts(found(picture)), testing::ElementsAre(40, 140, 200));
}

TEST(FindDigits, TheUprightSidesOfAFormBesideAThickPenAreNoOnes) {
  Image picture = gray_picture(300, 160, 250);
  for (const int x : {40, 200}) fill(picture, {x, 20, 2, 120}, 90);
  draw_seven(picture, 90, 40, 80, 20);
  EXPECT_THAT(lefts(found(picture)), testing::ElementsAre(90));
}

TEST(FindDigits, TheBarOfABrokenDigitBelongsToIt) {
  Image picture = gray_picture(200, 200, 250);
  fill(picture, {60, 40, 56, 8}, 20);
  fill(picture, {120, 44, 8, 120}, 20);
  const auto candidates = found(picture);
  const bool whole = std::ranges::any_of(candidates, [](const Candidate& candidate) {
    return std::abs(candidate.box.x - 60) <= 2 && std::abs(candidate.box.height - 124) <= 4;
  });
  EXPECT_TRUE(whole);
}

TEST(FindDigits, OfABrokenStrokeTheWholeIsLikelierThanOfSeparateOnes) {
  const auto doubt_of_whole = [](int gap) {
    Image picture = gray_picture(300, 200, 250);
    fill(picture, {100, 40, 10, 120}, 20);
    fill(picture, {110 + gap, 40, 30, 10}, 20);
    fill(picture, {130 + gap, 40, 10, 120}, 20);
    for (const Candidate& candidate : found(picture)) {
      if (candidate.last - candidate.first == 2) return candidate.doubt;
    }
    return -1.0;
  };
  EXPECT_GT(doubt_of_whole(6), 0);
  EXPECT_LT(doubt_of_whole(6), doubt_of_whole(13));
}

TEST(FindDigits, ASoftFaintShadowIsNoInk) {
  Image picture = gray_picture(400, 400, 0);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      const double away = std::hypot(x - 200.0, (y - 200.0) / 3) / 40;
      picture.row(y)[static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(220 - 40 * std::exp(-away * away));
    }
  }
  EXPECT_TRUE(found(picture).empty());
}

TEST(FindDigits, ASheetThatReachesThePicturesEdgeIsSearched) {
  Image picture = gray_picture(400, 400, 40);
  fill(picture, {80, 60, 250, 300}, 220);
  fill(picture, {0, 60, 80, 20}, 220);
  draw_seven(picture, 170, 130, 120, 50);
  std::uint32_t state = 1;
  for (std::uint8_t& value : picture.pixels) {
    state = state * 1664525 + 1013904223;
    value = static_cast<std::uint8_t>(value + static_cast<int>(state >> 27U) - 16);
  }
  const Findings findings = find_digits(picture);
  const bool alone = std::ranges::any_of(findings.lines, [](const Line& line) {
    const Box& box = line.candidates.front().box;
    return line.candidates.size() == 1 && std::abs(box.x - 170) <= 4 && std::abs(box.height - 120) <= 6;
  });
  EXPECT_TRUE(alone);
}

TEST(FindDigits, WritingOnASheetSeenFromASideIsFound) {
  Image picture = gray_picture(400, 300, 60);
  // A sheet whose sides lean.
  for (int y = 40; y < 260; ++y) fill(picture, {60 + y / 8, y, 280 - y / 4, 1}, 220);
  draw_seven(picture, 180, 90, 110, 50);
  const auto candidates = found(picture);
  const bool alone = std::ranges::any_of(candidates, [](const Candidate& candidate) {
    return std::abs(candidate.box.x - 180) <= 4 && std::abs(candidate.box.height - 110) <= 6;
  });
  EXPECT_TRUE(alone);
}

TEST(FindDigits, TheEdgeOfASheetIsNoOne) {
  Image picture = gray_picture(300, 300, 230);
  fill(picture, {0, 40, 9, 110}, 40);
  EXPECT_TRUE(found(picture).empty());
}

TEST(FindDigits, SpecksAreNoDigits) {
  Image picture = gray_picture(400, 300, 250);
  draw_seven(picture, 150, 80, 140, 20);
  for (const int x : {20, 90, 300, 380}) fill(picture, {x, x / 2, 4, 4}, 20);
  EXPECT_EQ(found(picture).size(), 1U);
}

TEST(FindDigits, BlankAndTinyPicturesHaveAReason) {
  for (const int value : {0, 128, 255}) {
    const Findings findings = find_digits(gray_picture(40, 30, value));
    EXPECT_TRUE(findings.lines.empty());
    EXPECT_THAT(findings.reason, HasSubstr("blank"));
  }
  EXPECT_THAT(find_digits(gray_picture(1, 1, 7)).reason, HasSubstr("too small to hold a digit: 1x1"));
  EXPECT_THAT(find_digits(gray_picture(4000, 1, 7)).reason, HasSubstr("4000x1"));
  EXPECT_THAT(find_digits(gray_picture(28, 28, 0)).reason, HasSubstr("blank"));
}

TEST(FindDigits, InkThatFillsThePictureIsFound) {
  Image picture = gray_picture(16, 16, 255);
  fill(picture, {6, 0, 4, 16}, 0);
  const auto candidates = found(picture);
  ASSERT_FALSE(candidates.empty());
  EXPECT_EQ(extent(candidates[0].form).height, 20);
}

TEST(FindDigits, EverySizeAndNoiseIsSurvived) {
  for (const auto& [width, height] : {std::pair{5, 5}, {5, 3000}, {3000, 5}, {17, 16}, {129, 7}, {2500, 1900}}) {
    Image picture = image::make_image(width, height, 3);
    std::uint32_t state = 1;
    for (auto& value : picture.pixels) {
      state = state * 1664525 + 1013904223;
      value = static_cast<std::uint8_t>(state >> 24U);
    }
    const Findings findings = find_digits(picture);
    std::size_t candidates = 0;
    for (const Line& line : findings.lines) candidates += line.candidates.size();
    EXPECT_LE(candidates, kMaxCandidates);
    EXPECT_TRUE(!findings.lines.empty() || !findings.reason.empty());
  }
}

}  // namespace
}  // namespace vidi::digits
