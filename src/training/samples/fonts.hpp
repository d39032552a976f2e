#pragma once
// Characters of the fonts that are installed, drawn ahead.

#include <cstdint>
#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"

namespace vidi::samples {

// The label of what is no digit.
inline constexpr std::uint8_t kNone = 10;

// A drawn character: one channel, ink 255 on 0, no margin.
struct Glyph {
  cv::Mat ink;
  char32_t character = 0;
  std::uint8_t label = kNone;
};

struct Font {
  std::string name;  // of its file
  bool handwriting = false;
  std::vector<Glyph> digits;  // ten, in order
  std::vector<Glyph> others;  // what nobody takes for a digit: letters, punctuation, symbols
};

// Where Debian's font packages put them.
std::vector<std::filesystem::path> default_font_folders();

// Every scalable font below the folders that has digits of its own, in the order of the files' names; of a family at
// most `per_family`. Immutable afterwards.
// Errors: not_found (no font there), internal (FreeType cannot start).
Result<std::vector<Font>> load_fonts(const std::vector<std::filesystem::path>& folders, std::size_t per_family = 4);

}  // namespace vidi::samples
