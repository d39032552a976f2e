#pragma once
// What charts are drawn on: as SVG or as pixels.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace vidi::charts {

// Pixels, from the upper left corner.
struct Place {
  double x = 0;
  double y = 0;
};

// What is drawn. SVG shows paper, ink and lines in other colors to who prefers dark ones.
enum class Tone { ink, faint, line, bar, curve };

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
};

enum class Anchor { start, middle, end };

// One thread at a time.
class Canvas {
 public:
  virtual ~Canvas() = default;

  virtual void line(const std::vector<Place>& places, Tone tone, double width) = 0;
  virtual void rectangle(Place upper_left, double width, double height, Tone tone) = 0;
  virtual void dot(Place middle, double radius, Rgb color) = 0;
  // `at`: of the text's baseline. `size`: about the height of its capitals and what hangs below them.
  virtual void text(Place at, const std::string& text, double size, Anchor anchor, Tone tone) = 0;

  // The file. Nothing is drawn after it.
  virtual Bytes finish() = 0;
};

std::unique_ptr<Canvas> make_svg_canvas(int width, int height);
// In twice as many pixels each way. Letters beyond ASCII, for which it has no font, are drawn as "?".
std::unique_ptr<Canvas> make_png_canvas(int width, int height);

}  // namespace vidi::charts
