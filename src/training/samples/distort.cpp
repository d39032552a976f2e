#include "samples/distort.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace vidi::samples {
namespace {

using digits::Form;
using digits::kFormSide;

constexpr double kDegree = std::numbers::pi / 180;

struct Movement {
  double turn = 0;  // radians
  double slant = 0;
  double scale_x = 1;
  double scale_y = 1;
  double shift_x = 0;  // pixels
  double shift_y = 0;
  double wobble = 0;  // pixels
};

cv::Mat view(const Form& form) {
  return {kFormSide, kFormSide, CV_8UC1, const_cast<std::uint8_t*>(form.data())};  // NOLINT: only read
}

Form to_form(const cv::Mat& picture) {
  Form form{};
  cv::Mat target(kFormSide, kFormSide, CV_8UC1, form.data());
  picture.copyTo(target);
  return form;
}

// Where each pixel of the result comes from.
void fill_maps(const Movement& movement, cv::Mat& from_x, cv::Mat& from_y) {
  const double cosine = std::cos(movement.turn);
  const double sine = std::sin(movement.turn);
  constexpr double kMiddle = (kFormSide - 1) * 0.5;
  from_x.create(kFormSide, kFormSide, CV_32FC1);
  from_y.create(kFormSide, kFormSide, CV_32FC1);
  for (int y = 0; y < kFormSide; ++y) {
    auto* to_x = from_x.ptr<float>(y);
    auto* to_y = from_y.ptr<float>(y);
    const double down = y - kMiddle - movement.shift_y;
    for (int x = 0; x < kFormSide; ++x) {
      const double right = x - kMiddle - movement.shift_x;
      const double turned_x = cosine * right + sine * down;
      const double turned_y = cosine * down - sine * right;
      to_x[x] = static_cast<float>((turned_x + movement.slant * turned_y) / movement.scale_x + kMiddle);
      to_y[x] = static_cast<float>(turned_y / movement.scale_y + kMiddle);
    }
  }
}

// A coarse grid of random moves, smooth in between (after Simard, Steinkraus and Platt 2003).
void add_wobble(cv::Mat& map, double pixels, Random& random) {
  constexpr int kGrid = 5;
  cv::Mat coarse(kGrid, kGrid, CV_32FC1);
  for (auto& value : cv::Mat_<float>(coarse)) value = static_cast<float>(random.normal() * pixels);
  cv::Mat moves;
  cv::resize(coarse, moves, map.size(), 0, 0, cv::INTER_CUBIC);
  map += moves;
}

cv::Mat move(const cv::Mat& picture, const Movement& movement, Random& random) {
  cv::Mat from_x;
  cv::Mat from_y;
  fill_maps(movement, from_x, from_y);
  if (movement.wobble > 0) {
    add_wobble(from_x, movement.wobble, random);
    add_wobble(from_y, movement.wobble, random);
  }
  cv::Mat result;
  cv::remap(picture, result, from_x, from_y, cv::INTER_LINEAR);
  return result;
}

// A pen a little thicker or thinner.
void change_pen(cv::Mat& picture, Random& random) {
  static const cv::Mat cross = cv::getStructuringElement(cv::MORPH_CROSS, {3, 3});
  cv::Mat changed;
  const bool thicker = random.chance(0.5);
  if (thicker) {
    cv::dilate(picture, changed, cross);
  } else {
    cv::erode(picture, changed, cross);
  }
  const double part = random.uniform(0.1, thicker ? 0.9 : 0.6);
  cv::addWeighted(picture, 1 - part, changed, part, 0, picture);
}

// Another exponent and another brightest gray.
void change_tones(cv::Mat& picture, Random& random) {
  const double exponent = std::exp(random.uniform(-0.6, 0.6));
  const double brightest = random.uniform(0.75, 1.15);
  cv::Mat table(1, 256, CV_8UC1);
  for (int value = 0; value < 256; ++value) {
    table.at<std::uint8_t>(value) =
        cv::saturate_cast<std::uint8_t>(255 * brightest * std::pow(value / 255.0, exponent));
  }
  cv::LUT(picture, table, picture);
}

void add_noise(cv::Mat& picture, Random& random) {
  const double deviation = random.uniform(2, 18);
  for (auto& value : cv::Mat_<std::uint8_t>(picture)) {
    value = cv::saturate_cast<std::uint8_t>(value + deviation * (random.uniform() + random.uniform() - 1.0) * 2.45);
  }
}

// What stands beside reaches into the form by some pixels.
void add_neighbor(cv::Mat& picture, const cv::Mat& neighbor, Random& random) {
  const int side = random.chance(0.5) ? 1 : -1;
  const cv::Matx23d shift(1, 0, side * random.uniform(17, 21), 0, 1, random.uniform(-3, 3));
  cv::Mat moved;
  cv::warpAffine(neighbor, moved, shift, picture.size(), cv::INTER_LINEAR);
  cv::max(picture, moved, picture);
}

// Fits the ink into MNIST's box and puts its mass in the middle.
cv::Mat center(const cv::Mat& picture) {
  const cv::Mat solid = picture > 30;
  const cv::Rect box = cv::boundingRect(solid);
  if (box.empty()) return picture;
  const double scale = static_cast<double>(digits::kDigitSide) / std::max(box.width, box.height);
  const cv::Moments moments = cv::moments(picture);
  if (moments.m00 <= 0) return picture;
  constexpr double kMiddle = (kFormSide - 1) * 0.5;
  const cv::Matx23d map(scale, 0, kMiddle - scale * moments.m10 / moments.m00, 0, scale,
                        kMiddle - scale * moments.m01 / moments.m00);
  cv::Mat result;
  cv::warpAffine(picture, result, map, {kFormSide, kFormSide}, cv::INTER_LINEAR);
  return result;
}

}  // namespace

Form distort_gently(const Form& form, Random& random) {
  const double scale = random.uniform(0.92, 1.08);
  return to_form(move(view(form),
                      {.turn = random.uniform(-8, 8) * kDegree,
                       .slant = random.uniform(-0.1, 0.1),
                       .scale_x = scale * random.uniform(0.95, 1.05),
                       .scale_y = scale,
                       .shift_x = random.uniform(-1.2, 1.2),
                       .shift_y = random.uniform(-1.2, 1.2),
                       .wobble = random.chance(0.5) ? random.uniform(0, 0.5) : 0},
                      random));
}

Form distort(const Form& form, const Form& neighbor, Random& random) {
  const double scale = random.uniform(0.85, 1.12);
  cv::Mat picture = move(view(form),
                         {.turn = std::clamp(random.normal() * 7, -16.0, 16.0) * kDegree,
                          .slant = random.uniform(-0.2, 0.2),
                          .scale_x = scale * random.uniform(0.85, 1.15),
                          .scale_y = scale,
                          .shift_x = random.uniform(-2.2, 2.2),
                          .shift_y = random.uniform(-2.2, 2.2),
                          .wobble = random.chance(0.6) ? random.uniform(0, 1.0) : 0},
                         random);
  if (random.chance(0.4)) change_pen(picture, random);
  if (random.chance(0.15)) add_neighbor(picture, view(neighbor), random);
  if (random.chance(0.25)) cv::GaussianBlur(picture, picture, {}, random.uniform(0.3, 0.9));
  if (random.chance(0.3)) change_tones(picture, random);
  if (random.chance(0.15)) add_noise(picture, random);
  return to_form(picture);
}

Form cut_off(const Form& form, Random& random) {
  cv::Mat picture = view(form).clone();
  const cv::Mat solid = picture > 30;
  const cv::Rect box = cv::boundingRect(solid);
  const double part = random.uniform(0.4, 0.6);
  cv::Rect away = box;
  // The left or right half of a digit may be a one, so what is cut is above or below.
  away.height = static_cast<int>(box.height * part);
  if (random.chance(0.5)) away.y = box.y + box.height - away.height;
  picture(away).setTo(0);
  return to_form(center(picture));
}

Form squeeze_together(const Form& left, const Form& right, Random& random) {
  const double apart = random.uniform(6, 10);
  cv::Mat one;
  cv::Mat other;
  const double scale = random.uniform(0.55, 0.75);
  constexpr double kMiddle = (kFormSide - 1) * 0.5;
  const double rest = kMiddle * (1 - scale);
  cv::warpAffine(view(left), one, cv::Matx23d(scale, 0, rest - apart * 0.5, 0, scale, rest + random.uniform(-1, 1)),
                 {kFormSide, kFormSide}, cv::INTER_LINEAR);
  cv::warpAffine(view(right), other, cv::Matx23d(scale, 0, rest + apart * 0.5, 0, scale, rest + random.uniform(-1, 1)),
                 {kFormSide, kFormSide}, cv::INTER_LINEAR);
  cv::max(one, other, one);
  return to_form(center(one));
}

}  // namespace vidi::samples
