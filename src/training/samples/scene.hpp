#pragma once
// Pictures of writing, taken apart by the same code that serves: what the model is trained on is what it will be shown.

#include <vector>

#include "digits/find.hpp"
#include "image/image.hpp"
#include "samples/writing.hpp"

namespace vidi::samples {

// A character's place in a picture.
struct Truth {
  digits::Box box;
  std::uint8_t label = kNone;
};

struct Scene {
  image::Image picture;
  std::vector<Truth> characters;
};

// One line of one to five characters, 16 to 64 pixels high. `other_part` of them are no digits.
Scene draw_scene(const Writing& writing, Writer writer, double other_part, Random& random);

// One character as data sets and thumbnails keep it: cropped to its ink, 8 to 28 pixels high, often enlarged again.
Scene draw_crop(const Writing& writing, Writer writer, double other_part, Random& random);

// What a candidate of find_digits really shows.
enum class Shown { character, fragment, several, dirt, unclear };

struct Match {
  Shown shown = Shown::unclear;
  std::uint8_t label = kNone;
};

// `box` is one character's when it fits that one and touches no other. What may be read as a one whatever it comes from
// (an upright fragment or line) is unclear, and so is what fits nothing well.
Match match(const digits::Box& box, const std::vector<Truth>& characters);

}  // namespace vidi::samples
