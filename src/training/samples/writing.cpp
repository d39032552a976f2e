#include "samples/writing.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "samples/strokes.hpp"

namespace vidi::samples {
namespace {

constexpr int kSide = 28;

// A character leans to either side by up to 11 degrees.
constexpr double kMostTurn = 0.2;

cv::Mat trim(const cv::Mat& ink) {
  cv::Mat solid = ink > 40;
  const cv::Rect box = cv::boundingRect(solid);
  return box.empty() ? ink : ink(box).clone();
}

// A line through the middle of the character's edges is drawn sharp at that level of gray: a low level makes a thick
// pen, a high one a thin pen.
void sharpen(cv::Mat& ink, double level, double gain) { ink.convertTo(ink, -1, gain, 128 - gain * level); }

// MNIST's 28x28 pixels as a smooth picture, `scale` times as large.
cv::Mat enlarge(const std::uint8_t* pixels, double scale, Random& random) {
  const cv::Mat digit(kSide, kSide, CV_8UC1, const_cast<std::uint8_t*>(pixels));  // NOLINT: only read
  cv::Mat ink;
  cv::resize(digit, ink, {}, scale, scale, cv::INTER_CUBIC);
  if (scale > 1.5) cv::GaussianBlur(ink, ink, {}, 0.35 * scale);
  sharpen(ink, random.uniform(60, 150), std::clamp(scale, 1.0, 5.0));
  return trim(ink);
}

// A slant, a turn, and another proportion of height to width.
cv::Mat bend(const cv::Mat& ink, double most_turn, Random& random) {
  const double turn = random.uniform(-most_turn, most_turn);
  const double slant = random.uniform(-0.15, 0.15);
  const double widen = random.uniform(0.85, 1.15);
  const int margin = static_cast<int>(0.25 * std::max(ink.rows, ink.cols)) + 2;
  cv::Matx23d map(widen * std::cos(turn), slant - std::sin(turn), 0, std::sin(turn), std::cos(turn), 0);
  const cv::Size size(static_cast<int>(ink.cols * widen) + 2 * margin, ink.rows + 2 * margin);
  map(0, 2) = size.width * 0.5 - map(0, 0) * ink.cols * 0.5 - map(0, 1) * ink.rows * 0.5;
  map(1, 2) = size.height * 0.5 - map(1, 0) * ink.cols * 0.5 - map(1, 1) * ink.rows * 0.5;
  cv::Mat result;
  cv::warpAffine(ink, result, map, size, cv::INTER_LINEAR);
  return trim(result);
}

// Printed characters are drawn at one size only.
cv::Mat scale_to(const cv::Mat& ink, double height) {
  const double scale = height / std::max(ink.rows, ink.cols / 2);
  const cv::Size size(std::max(1, static_cast<int>(ink.cols * scale)), std::max(1, static_cast<int>(ink.rows * scale)));
  cv::Mat result;
  cv::resize(ink, result, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  return result;
}

}  // namespace

const Font& Writing::pick_font(Random& random) const {
  const bool handwriting = random.chance(0.5);
  for (int tries = 0; tries < 20; ++tries) {
    const Font& font = random.pick(fonts_);
    if (font.handwriting == handwriting) return font;
  }
  return random.pick(fonts_);
}

Character Writing::digit(Writer writer, double height, const Font& font, Random& random) const {
  Character character{.ink = {}, .label = static_cast<std::uint8_t>(random.below(10)), .writer = writer};
  switch (writer) {
    case Writer::mnist: {
      const Handwriting::Digit& digit = random.pick(std::span(handwriting_.digits));
      character.label = digit.label;
      character.ink = enlarge(digit.pixels, height / 20.0, random);
      break;
    }
    case Writer::pen:
      character.ink = draw_digit(character.label, height, random);
      break;
    case Writer::font:
      character.ink = scale_to(font.digits[character.label].ink, height);
      break;
  }
  if (random.chance(0.6)) character.ink = bend(character.ink, kMostTurn, random);
  return character;
}

Character Writing::other(double height, const Font& font, Random& random) const {
  Character character{.ink = {}, .label = kNone, .writer = Writer::font};
  if (random.chance(0.28)) {
    character.ink = draw_doodle(height, random);
    return character;
  }
  character.ink = scale_to(random.pick(std::span(font.others)).ink, height * random.uniform(0.6, 1.0));
  if (random.chance(0.6)) character.ink = bend(character.ink, kMostTurn, random);
  return character;
}

}  // namespace vidi::samples
