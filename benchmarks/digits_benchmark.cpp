// Reading digits in pictures of every size on one core, from the bytes of the file to the answer, and the search for
// digits alone. `forms` is how often the model is asked for a picture.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "digits/find.hpp"
#include "image/decode.hpp"
#include "image/make_jpeg.hpp"
#include "image/resample.hpp"
#include "models/repository.hpp"
#include "recognition/recognizer.hpp"

namespace {

using namespace vidi;

Bytes read_file(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA "/hard/") + name, std::ios::binary);
  if (!file) std::abort();
  return to_bytes(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
}

// A small photo of tests/data as a telephone takes it: 12 megapixels, the noise of a sensor, quality 90.
Bytes phone_photo(const std::string& name) {
  const auto small = image::decode(read_file(name));
  if (!small) std::abort();
  image::Image photo = image::resample(*small, 4000, 3000, image::Filter::bicubic);
  std::uint32_t state = 1;
  for (std::uint8_t& value : photo.pixels) {
    state = state * 1664525 + 1013904223;
    value = static_cast<std::uint8_t>(std::clamp(value + static_cast<int>(state >> 28U) - 8, 0, 255));
  }
  return image::encode_jpeg(photo, {.quality = 90});
}

void recognize(benchmark::State& state, const Bytes& file) {
  auto models = models::Repository::open(MODELS_DIR);
  recognition::Recognizer recognizer(*models, {});
  recognition::Upload upload;
  upload.bytes = file;
  for (auto _ : state) {
    const auto prediction = run(recognizer.recognize(upload, "digits"));
    if (!prediction) std::abort();
    benchmark::DoNotOptimize(prediction);
  }
  state.counters["bytes"] = static_cast<double>(file.size());
}

void find(benchmark::State& state, const Bytes& file) {
  const auto decoded = image::decode_scaled(file, digits::kEnoughPixels);
  if (!decoded) std::abort();
  std::size_t forms = 0;
  for (auto _ : state) {
    image::Image copy = decoded->image;
    const digits::Findings findings = digits::find_digits(std::move(copy));
    forms = 0;
    for (const digits::Line& line : findings.lines) forms += line.candidates.size();
  }
  state.counters["forms"] = static_cast<double>(forms);
}

void add(const std::string& name, const Bytes& file) {
  benchmark::RegisterBenchmark(("find/" + name).c_str(), [file](benchmark::State& state) {
    find(state, file);
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark(("recognize/" + name).c_str(),
                               [file](benchmark::State& state) { recognize(state, file); })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  for (const char* name :
       {"canvas-000.jpg", "form_row-000.jpg", "mnist_like-000.png", "mnist_like-001.jpg", "no_page-000.jpg",
        "no_texture-000.jpg", "paint_small-000.png", "paint_small-001.png", "photo_lined-000.jpg",
        "photo_plain-000.jpg", "tight_crop-000.png", "touching_digits-000.jpg"})
    add(name, read_file(name));
  for (const char* name : {"photo_lined-000.jpg", "photo_number-000.jpg", "photo_plain-000.jpg"})
    add(std::string("12-megapixels-of-") + name, phone_photo(name));
  benchmark::RunSpecifiedBenchmarks();
}
