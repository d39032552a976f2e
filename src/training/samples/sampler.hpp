#pragma once
// What the digit network is trained on: batches of forms, drawn as they are needed.

#include <cstdint>
#include <vector>

#include "digits/form.hpp"
#include "samples/fonts.hpp"
#include "samples/writing.hpp"

namespace vidi::samples {

struct Sample {
  digits::Form form{};
  std::uint8_t label = kNone;
};

// What is found in pictures. Finding costs ten times what distorting does, so a training draws its pictures once,
// before it begins, and takes every form from them several times, a little different each time.
struct Library {
  std::vector<Sample> scenes;     // MNIST's digits written into pictures
  std::vector<Sample> strangers;  // printed digits and vector pens
  std::vector<Sample> none;       // letters, symbols, doodles, fragments, several digits in one, dirt
};

// Of a hundred samples of a batch; the rest are MNIST's forms.
struct Mix {
  int scenes = 26;
  int strangers = 18;
  int none = 20;
  double untouched = 0.1;  // the part of MNIST's forms that is left as it is
  double gentle = 0.4;     // the part that is moved a little only
};

// Handwriting, fonts and library are immutable and outlive the object. Any thread.
class Sampler {
 public:
  Sampler(const Handwriting& handwriting, const std::vector<Font>& fonts) : handwriting_(handwriting), fonts_(fonts) {}

  // About `count` forms found in pictures: four in ten of scenes, two of strangers, four of none. The same for the same
  // seed, however many threads draw.
  [[nodiscard]] Library fill_library(std::size_t count, std::uint64_t seed, std::size_t threads) const;

  // The batch of that number: the same for the same seed, whatever was drawn before.
  [[nodiscard]] std::vector<Sample> draw(std::size_t count, const Mix& mix, const Library& library, std::uint64_t seed,
                                         std::uint64_t number) const;

 private:
  const Handwriting& handwriting_;
  const std::vector<Font>& fonts_;
};

}  // namespace vidi::samples
