#include "samples/paper.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
// jpeglib.h uses what cstdio declares and does not include it.
#include <jpeglib.h>

#include <opencv2/imgproc.hpp>

namespace vidi::samples {
namespace {

cv::Scalar gray(double value) { return {value, value, value}; }

// A light that falls off to one side, and the edge of a shadow.
void shade(cv::Mat& paper, Random& random) {
  cv::Mat light(2, 2, CV_32FC1);
  for (auto& value : cv::Mat_<float>(light)) value = static_cast<float>(random.uniform(0.5, 1.05));
  cv::Mat wide;
  cv::resize(light, wide, paper.size(), 0, 0, cv::INTER_LINEAR);
  if (random.chance(0.35)) {
    cv::Mat shadow(paper.size(), CV_32FC1, cv::Scalar(1));
    const cv::Point2d middle(random.uniform(0, paper.cols), random.uniform(0, paper.rows));
    const double angle = random.uniform(0, std::numbers::pi);
    const cv::Point2d along(std::cos(angle) * 2000, std::sin(angle) * 2000);
    const cv::Point2d across(-along.y, along.x);
    const std::vector<cv::Point> half{cv::Point(middle - along), cv::Point(middle + along),
                                      cv::Point(middle + along + across), cv::Point(middle - along + across)};
    cv::fillConvexPoly(shadow, half, cv::Scalar(random.uniform(0.5, 0.85)));
    const double soft = random.uniform(0.8, 8);
    cv::GaussianBlur(shadow, shadow, {}, soft);
    cv::multiply(wide, shadow, wide);
  }
  cv::Mat three;
  cv::merge(std::vector{wide, wide, wide}, three);
  cv::multiply(paper, three, paper);
}

// Ruled or squared paper, a table's cell, or an underline.
void rule(cv::Mat& paper, Random& random) {
  const double depth = random.uniform(0.5, 0.9);
  const cv::Scalar color(255 * depth * random.uniform(0.8, 1.1), 255 * depth, 255 * depth * random.uniform(0.8, 1.1));
  const int width = random.chance(0.75) ? 1 : 2;
  const double kind = random.uniform();
  if (kind < 0.75) {
    const double step = paper.rows * random.uniform(0.25, 1.2);
    for (double y = random.uniform(0, step); y < paper.rows; y += step) {
      const int row = static_cast<int>(y);
      cv::line(paper, {0, row}, {paper.cols, row + random.integer(-1, 1)}, color, width, cv::LINE_AA);
    }
    if (kind < 0.35) {
      for (double x = random.uniform(0, step); x < paper.cols; x += step) {
        cv::line(paper, {static_cast<int>(x), 0}, {static_cast<int>(x), paper.rows}, color, width, cv::LINE_AA);
      }
    }
    return;
  }
  const int margin = random.integer(1, std::max(2, paper.rows / 10));
  cv::rectangle(paper, {margin, margin}, {paper.cols - margin, paper.rows - margin}, color, width);
}

void sprinkle(cv::Mat& picture, Random& random) {
  const int specks = random.integer(1, 12);
  for (int i = 0; i < specks; ++i) {
    const cv::Point at(random.integer(0, picture.cols - 1), random.integer(0, picture.rows - 1));
    cv::circle(picture, at, random.integer(0, 1), gray(random.uniform(0, 255)), cv::FILLED);
  }
}

void add_noise(cv::Mat& picture, double deviation, Random& random) {
  // Sixteen values drawn at once are as good as sixteen draws: nobody learns this noise.
  for (int y = 0; y < picture.rows; ++y) {
    auto* value = picture.ptr<float>(y);
    auto* const end = value + static_cast<std::ptrdiff_t>(picture.cols) * picture.channels();
    while (value != end) {
      std::uint64_t bits = random.next();
      for (int i = 0; i < 4 && value != end; ++i, bits >>= 16U) {
        const double sum = static_cast<double>(bits & 255U) + static_cast<double>(bits >> 8U & 255U) - 255.0;
        *value++ += static_cast<float>(sum * deviation / 104.0);
      }
    }
  }
}

}  // namespace

cv::Mat make_paper(cv::Size size, Random& random) {
  const double white = random.chance(0.7) ? random.uniform(200, 255) : random.uniform(110, 220);
  cv::Scalar color = gray(white);
  if (random.chance(0.4)) {
    for (int channel = 0; channel < 3; ++channel) color[channel] *= random.uniform(0.75, 1.0);
  }
  cv::Mat paper(size, CV_32FC3, color);
  if (random.chance(0.35)) rule(paper, random);
  if (random.chance(0.5)) shade(paper, random);
  return paper;
}

void write_on(cv::Mat& paper, const cv::Mat& ink, Random& random) {
  cv::Scalar color = gray(random.uniform(0, 60));
  if (random.chance(0.35)) color = {random.uniform(0, 120), random.uniform(0, 120), random.uniform(0, 180)};
  const double strength = random.chance(0.75) ? random.uniform(0.75, 1.0) : random.uniform(0.3, 0.75);
  for (int y = 0; y < paper.rows; ++y) {
    const auto* cover = ink.ptr<std::uint8_t>(y);
    auto* pixel = paper.ptr<cv::Vec3f>(y);
    for (int x = 0; x < paper.cols; ++x) {
      if (cover[x] == 0) continue;
      const auto part = static_cast<float>(cover[x] * strength / 255.0);
      for (int channel = 0; channel < 3; ++channel) {
        pixel[x][channel] += (static_cast<float>(color[channel]) - pixel[x][channel]) * part;
      }
    }
  }
}

cv::Mat photograph(const cv::Mat& paper, Random& random) {
  cv::Mat picture = paper;
  if (random.chance(0.65)) {
    cv::Mat flat;
    cv::transform(paper, flat, cv::Matx13f(0.114F, 0.587F, 0.299F));
    picture = std::move(flat);
  }
  if (random.chance(0.25)) sprinkle(picture, random);
  if (random.chance(0.5)) cv::GaussianBlur(picture, picture, {}, random.uniform(0.3, 0.02 * picture.rows + 0.5));
  if (random.chance(0.7)) add_noise(picture, random.uniform(0.5, random.chance(0.2) ? 25 : 8), random);
  if (random.chance(0.3)) cv::subtract(cv::Scalar::all(255), picture, picture);
  cv::Mat bytes;
  picture.convertTo(bytes, CV_8U);
  return random.chance(0.3) ? through_jpeg(bytes, random.integer(25, 90)) : bytes;
}

cv::Mat through_jpeg(const cv::Mat& picture, int quality) {
  jpeg_error_mgr errors{};
  unsigned char* file = nullptr;
  unsigned long size = 0;
  jpeg_compress_struct packer{};
  packer.err = jpeg_std_error(&errors);
  jpeg_create_compress(&packer);
  jpeg_mem_dest(&packer, &file, &size);
  packer.image_width = static_cast<JDIMENSION>(picture.cols);
  packer.image_height = static_cast<JDIMENSION>(picture.rows);
  packer.input_components = picture.channels();
  packer.in_color_space = picture.channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&packer);
  jpeg_set_quality(&packer, quality, TRUE);
  packer.dct_method = JDCT_IFAST;
  jpeg_start_compress(&packer, TRUE);
  for (int y = 0; y < picture.rows; ++y) {
    auto* row = const_cast<std::uint8_t*>(picture.ptr(y));  // NOLINT: libjpeg's C interface; it is only read
    jpeg_write_scanlines(&packer, &row, 1);
  }
  jpeg_finish_compress(&packer);
  jpeg_destroy_compress(&packer);

  jpeg_decompress_struct unpacker{};
  unpacker.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&unpacker);
  jpeg_mem_src(&unpacker, file, size);
  jpeg_read_header(&unpacker, TRUE);
  jpeg_start_decompress(&unpacker);
  cv::Mat result(picture.size(), picture.type());
  for (int y = 0; y < result.rows; ++y) {
    auto* row = result.ptr(y);
    jpeg_read_scanlines(&unpacker, &row, 1);
  }
  jpeg_finish_decompress(&unpacker);
  jpeg_destroy_decompress(&unpacker);
  std::free(file);  // NOLINT: libjpeg allocates with malloc
  return result;
}

}  // namespace vidi::samples
