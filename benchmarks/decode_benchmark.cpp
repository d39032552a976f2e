// Decoding and resampling on one thread.

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/make_jpeg.hpp"
#include "image/resample.hpp"

namespace {

using namespace vidi;

// A ring as a pen would draw it: as many bytes of PNG as a digit of MNIST.
image::Image pen_stroke(int side) {
  image::Image picture = image::make_image(side, side, 1);
  const int radius = side / 3;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const int dx = x - side / 2;
      const int dy = y - side / 2;
      const int distance = std::abs(dx * dx + dy * dy - radius * radius) * 4 / side;
      picture.row(y)[x] = static_cast<std::uint8_t>(distance < 8 ? 255 - (31 * distance + x * y % 7) % 256 : 0);
    }
  }
  return picture;
}

Bytes photograph() {
  std::ifstream file(TEST_DATA "/pictures/photograph-100x100.jpg", std::ios::binary);
  return to_bytes(std::string(std::istreambuf_iterator<char>(file), {}));
}

void decode(benchmark::State& state, const Bytes& bytes) {
  const image::DecodeLimits limits;
  if (!image::decode(bytes, limits)) state.SkipWithError("the picture cannot be decoded");
  for (auto _ : state) {
    benchmark::DoNotOptimize(image::read_header(bytes, limits));
    benchmark::DoNotOptimize(image::decode(bytes, limits));
  }
  state.counters["bytes"] = static_cast<double>(bytes.size());
}

void decode_png_28(benchmark::State& state) { decode(state, image::encode_png(pen_stroke(28))); }
BENCHMARK(decode_png_28)->Unit(benchmark::kMicrosecond);

void decode_jpeg_100(benchmark::State& state) { decode(state, photograph()); }
BENCHMARK(decode_jpeg_100)->Unit(benchmark::kMicrosecond);

// 12 megapixels as a phone takes them: paper in a gradient of light, rows of rings in pen, the sensor's noise.
const Bytes& phone_photograph() {
  static const Bytes file = [] {
    image::Image picture = image::make_image(4000, 3000, 3);
    std::mt19937 random(1);
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        const int dx = x % 500 - 250;
        const int dy = y % 500 - 250;
        const bool ink = std::abs(dx * dx + dy * dy - 150 * 150) < 12 * 150;
        const int light = (ink ? 60 : 190) - x / 100 - y / 100;
        for (int c = 0; c < 3; ++c) {
          const int noise = static_cast<int>((random() & 15U) + (random() & 15U)) - 15;
          picture.row(y)[static_cast<std::size_t>(x) * 3 + c] = static_cast<std::uint8_t>(light + 5 * c + noise);
        }
      }
    }
    return image::encode_jpeg(picture, {.quality = 90, .orientation = 6});
  }();
  return file;
}

void decode_jpeg_12_megapixels(benchmark::State& state) {
  const Bytes& bytes = phone_photograph();
  const auto enough = static_cast<int>(state.range(0));
  if (!image::decode_scaled(bytes, enough)) state.SkipWithError("the picture cannot be decoded");
  for (auto _ : state) benchmark::DoNotOptimize(image::decode_scaled(bytes, enough));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
BENCHMARK(decode_jpeg_12_megapixels)->ArgName("enough")->Arg(4000)->Arg(1600)->Arg(1000)->Unit(benchmark::kMillisecond);

void resample_to_28(benchmark::State& state, int channels, image::Filter filter) {
  const image::Image picture = image::make_image(1000, 1000, channels);
  for (auto _ : state) benchmark::DoNotOptimize(image::resample(picture, 28, 28, filter));
}
BENCHMARK_CAPTURE(resample_to_28, gray_box, 1, image::Filter::box)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(resample_to_28, gray_bilinear, 1, image::Filter::bilinear)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(resample_to_28, gray_bicubic, 1, image::Filter::bicubic)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(resample_to_28, color_bicubic, 3, image::Filter::bicubic)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
