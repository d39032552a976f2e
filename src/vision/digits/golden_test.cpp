// The forms that pictures of tests/data/hard come to, as they were when somebody last looked at them. VIDI_GOLDEN=write
// in the environment writes them anew, to be looked at again before they are committed.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "digits/find.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"

namespace vidi::digits {
namespace {

namespace fs = std::filesystem;

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return to_bytes(std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
}

// The candidates of the likeliest view side by side.
image::Image sheet_of(const Findings& findings) {
  std::vector<const Form*> forms;
  for (const Line& line : findings.lines) {
    if (line.view != 0) continue;
    for (const Candidate& candidate : line.candidates) forms.push_back(&candidate.form);
  }
  image::Image sheet = image::make_image(kFormSide * std::max(1, static_cast<int>(forms.size())), kFormSide, 1);
  for (std::size_t i = 0; i < forms.size(); ++i) {
    for (std::size_t y = 0; y < kFormSide; ++y) {
      std::copy_n(forms[i]->begin() + static_cast<std::ptrdiff_t>(y * kFormSide), kFormSide,
                  sheet.row(static_cast<int>(y)).begin() + static_cast<std::ptrdiff_t>(i * kFormSide));
    }
  }
  return sheet;
}

double mean_difference(const image::Image& a, const image::Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, FormsAreAsTheyWere) {
  const std::string name = GetParam();
  const auto picture = image::decode(read_file(fs::path(TEST_DATA) / "hard" / name));
  ASSERT_TRUE(picture) << picture.error().message;
  const image::Image sheet = sheet_of(find_digits(*picture));
  const fs::path path = fs::path(TEST_DATA) / "forms" / (fs::path(name).stem().string() + ".png");
  const char* mode = std::getenv("VIDI_GOLDEN");  // NOLINT(concurrency-mt-unsafe): nothing sets variables here
  if (mode != nullptr && std::string(mode) == "write") {
    const Bytes bytes = image::encode_png(sheet);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    GTEST_SKIP() << "written, not compared: " << path;
  }
  const auto expected = image::decode(read_file(path));
  ASSERT_TRUE(expected) << path << ": " << expected.error().message;
  ASSERT_EQ(sheet.width / kFormSide, expected->width / kFormSide) << "another number of candidates";
  // Decoders of JPEG and versions of OpenCV differ by a few gray values at the edges of strokes.
  EXPECT_LT(mean_difference(sheet, *expected), 4);
}

INSTANTIATE_TEST_SUITE_P(Pictures, Golden,
                         testing::Values("blackboard-000.jpg", "canvas-000.jpg", "coloured-000.gif", "form_box-000.jpg",
                                         "form_row-000.jpg", "form_touching_box-000.jpg", "framed-000.png",
                                         "low_contrast-000.jpg", "photo_lined-000.jpg", "photo_marker-000.jpg",
                                         "photo_pencil-000.jpg", "photo_shadow-000.jpg", "photo_squared-000.jpg",
                                         "photo_table-000.jpg", "scan-000.png", "several_digits-000.png",
                                         "several_lines-000.png", "thin_line-000.jpg", "tight_crop-000.png",
                                         "touching_digits-000.jpg", "transparent-000.png", "whiteboard-000.jpg"),
                         [](const auto& each) {
                           std::string name = fs::path(each.param).stem().string();
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace vidi::digits
