#include "samples/scene.hpp"

#include <algorithm>
#include <array>
#include <opencv2/imgproc.hpp>

#include "samples/paper.hpp"

namespace vidi::samples {
namespace {

double area(const digits::Box& box) { return static_cast<double>(box.width) * box.height; }

double common_area(const digits::Box& a, const digits::Box& b) {
  const int width = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const int height = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? static_cast<double>(width) * height : 0.0;
}

// A box that lacks a side of the character, or takes in more, shows another character.
bool fits(const digits::Box& box, const digits::Box& truth) {
  const double least = std::max(2.5, 0.12 * std::max(truth.width, truth.height));
  return std::abs(box.x - truth.x) <= least && std::abs(box.y - truth.y) <= least &&
         std::abs(box.right() - truth.right()) <= least && std::abs(box.bottom() - truth.bottom()) <= least;
}

// Beside one another on a line that is not quite straight, seldom touching.
std::vector<cv::Rect> lay_out(const std::vector<Character>& characters, double height, cv::Size& size, Random& random) {
  const double gap = height * (random.chance(0.15) ? random.uniform(-0.08, 0.05) : random.uniform(0.08, 0.7));
  const int margin = static_cast<int>(height * random.uniform(0.08, 0.6)) + 1;
  const double drift = random.uniform(-0.12, 0.12);
  int tallest = 0;
  for (const Character& character : characters) tallest = std::max(tallest, character.ink.rows);
  std::vector<cv::Rect> places;
  double x = margin;
  for (const Character& character : characters) {
    const double lower = drift * (x - margin) + height * random.uniform(0, 0.12) + (tallest - character.ink.rows) * 0.5;
    places.emplace_back(static_cast<int>(x), static_cast<int>(margin + lower), character.ink.cols, character.ink.rows);
    x += character.ink.cols + gap * random.uniform(0.7, 1.3);
  }
  int top = places.front().y;
  for (const cv::Rect& place : places) top = std::min(top, place.y);
  size = {0, 0};
  for (cv::Rect& place : places) {
    place.x = std::max(0, place.x);
    place.y += margin - top;
    size.width = std::max(size.width, place.br().x + margin);
    size.height = std::max(size.height, place.br().y + margin);
  }
  return places;
}

image::Image to_image(const cv::Mat& picture) {
  image::Image image = image::make_image(picture.cols, picture.rows, picture.channels());
  for (int y = 0; y < picture.rows; ++y) std::copy_n(picture.ptr(y), image.row_bytes(), image.row(y).begin());
  return image;
}

}  // namespace

Scene draw_scene(const Writing& writing, Writer writer, double other_part, Random& random) {
  const double height = random.chance(0.2) ? random.uniform(16, 28) : random.uniform(28, 64);
  const int count = random.chance(0.15) ? 1 : random.integer(2, 5);
  const Font& font = writing.pick_font(random);
  std::vector<Character> characters;
  for (int i = 0; i < count; ++i) {
    const double size = height * random.uniform(0.9, 1.1);
    characters.push_back(random.chance(other_part) ? writing.other(size, font, random)
                                                   : writing.digit(writer, size, font, random));
  }
  cv::Size size;
  const std::vector<cv::Rect> places = lay_out(characters, height, size, random);
  cv::Mat ink(size, CV_8UC1, cv::Scalar(0));
  Scene scene;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    cv::Mat place = ink(places[i]);
    cv::max(place, characters[i].ink, place);
    scene.characters.push_back({{places[i].x, places[i].y, places[i].width, places[i].height}, characters[i].label});
  }
  cv::Mat paper = make_paper(size, random);
  write_on(paper, ink, random);
  scene.picture = to_image(photograph(paper, random));
  return scene;
}

Scene draw_crop(const Writing& writing, Writer writer, double other_part, Random& random) {
  const double height = random.uniform(40, 64);
  const Font& font = writing.pick_font(random);
  const Character character =
      random.chance(other_part) ? writing.other(height, font, random) : writing.digit(writer, height, font, random);
  // To the ink, a little around it, or the square around it.
  const int margin = random.chance(0.5) ? 0 : static_cast<int>(height * random.uniform(0.02, 0.2));
  const int beside = random.chance(0.5) ? std::max(0, character.ink.rows - character.ink.cols) / 2 : 0;
  const cv::Rect place(margin + beside, margin, character.ink.cols, character.ink.rows);
  const cv::Size size(place.width + 2 * (margin + beside), place.height + 2 * margin);
  cv::Mat ink(size, CV_8UC1, cv::Scalar(0));
  character.ink.copyTo(ink(place));
  cv::Mat paper = random.chance(0.3) ? make_paper(size, random) : cv::Mat(size, CV_32FC3, cv::Scalar::all(255));
  write_on(paper, ink, random);
  cv::Mat picture = photograph(paper, random);
  const double reduced = random.uniform(8, 28) / picture.rows;
  const double enlarged = random.chance(0.4) ? 1 : random.uniform(1, 6);
  constexpr std::array<int, 3> kWays{cv::INTER_NEAREST, cv::INTER_LINEAR, cv::INTER_CUBIC};
  cv::resize(picture, picture, {}, reduced, reduced, cv::INTER_AREA);
  cv::resize(picture, picture, {}, enlarged, enlarged, kWays.at(random.below(kWays.size())));
  const double scale = reduced * enlarged;
  const auto scaled = [&](int length) { return static_cast<int>(std::lround(length * scale)); };
  const digits::Box box{scaled(place.x), scaled(place.y), std::max(1, scaled(place.width)),
                        std::max(1, scaled(place.height))};
  return {to_image(picture), {{box, character.label}}};
}

Match match(const digits::Box& box, const std::vector<Truth>& characters) {
  constexpr double kTouched = 0.2;  // of a character's box
  constexpr double kWhole = 0.6;
  constexpr double kFragment = 0.4;
  constexpr double kUpright = 0.8;  // width to height
  std::size_t touched = 0;
  std::size_t whole = 0;
  double most = 0;
  const Truth* nearest = nullptr;
  for (const Truth& truth : characters) {
    const double part = common_area(box, truth.box) / area(truth.box);
    touched += part > kTouched ? 1 : 0;
    whole += part > kWhole ? 1 : 0;
    if (nearest == nullptr || part > most) nearest = &truth;
    most = std::max(most, part);
  }
  if (nearest == nullptr) return {};
  if (whole > 1) return {Shown::several, kNone};
  if (touched == 1 && fits(box, nearest->box)) return {Shown::character, nearest->label};
  if (box.width < kUpright * box.height || touched > 1) return {};
  if (most < 0.02) return {Shown::dirt, kNone};
  if (most < kFragment && common_area(box, nearest->box) > 0.8 * area(box)) return {Shown::fragment, kNone};
  return {};
}

}  // namespace vidi::samples
