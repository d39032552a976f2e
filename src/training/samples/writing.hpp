#pragma once
// Characters for a scene: written by MNIST's people, by a vector pen, or printed.

#include <span>
#include <vector>

#include "core/random.hpp"
#include "samples/fonts.hpp"

namespace vidi::samples {

// MNIST's pictures of one digit each, 28x28, light on dark; they outlive who uses them.
struct Handwriting {
  struct Digit {
    const std::uint8_t* pixels = nullptr;
    std::uint8_t label = 0;
  };
  std::vector<Digit> digits;
};

enum class Writer { mnist, pen, font };

// A character as it is put on paper: about `height` pixels high, no margin. The pen's width varies from character to
// character, and a little of the shape.
struct Character {
  cv::Mat ink;
  std::uint8_t label = kNone;
  Writer writer = Writer::mnist;
};

class Writing {
 public:
  // Both outlive the object. Any thread.
  Writing(const Handwriting& handwriting, std::span<const Font> fonts) : handwriting_(handwriting), fonts_(fonts) {}

  [[nodiscard]] Character digit(Writer writer, double height, const Font& font, Random& random) const;

  // A letter or symbol of the font, or a doodle.
  [[nodiscard]] Character other(double height, const Font& font, Random& random) const;

  // Handwriting as often as print.
  [[nodiscard]] const Font& pick_font(Random& random) const;

 private:
  const Handwriting& handwriting_;
  std::span<const Font> fonts_;
};

}  // namespace vidi::samples
