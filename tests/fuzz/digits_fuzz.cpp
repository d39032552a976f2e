// Any pixels as a picture of digits: what is found must lie in the picture, and reading it must end.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "digits/find.hpp"
#include "digits/read.hpp"

namespace {

// Width, height and channels from the first three bytes; the others, over and over, are the pixels.
vidi::image::Image to_picture(const std::uint8_t* data, std::size_t size) {
  vidi::image::Image picture = vidi::image::make_image(1 + data[0] * 3 / 2, 1 + data[1] * 3 / 2, 1 + data[2] % 4);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = data[3 + i % (size - 3)];
  return picture;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vidi;
  if (size < 4) return 0;
  image::Image picture = to_picture(data, size);
  const int width = picture.width;
  const int height = picture.height;
  const digits::Findings findings = digits::find_digits(std::move(picture));
  if (findings.lines.empty() == findings.reason.empty()) std::abort();
  std::size_t candidates = 0;
  for (const digits::Line& line : findings.lines) {
    candidates += line.candidates.size();
    for (const digits::Candidate& candidate : line.candidates) {
      const digits::Box& box = candidate.box;
      if (box.x < 0 || box.y < 0 || box.right() > width || box.bottom() > height || box.width < 1 || box.height < 1 ||
          candidate.first >= candidate.last || candidate.last > line.pieces) {
        std::abort();
      }
    }
  }
  if (candidates > digits::kMaxCandidates) std::abort();
  std::vector<float> probabilities;
  for (std::size_t i = 0; i < candidates * 11; ++i)
    probabilities.push_back(static_cast<float>(data[i % size]) / 255.0F);
  digits::read(findings, probabilities, {.labels = 10, .has_none = true, .least_probability = 0.5});
  return 0;
}
