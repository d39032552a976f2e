#pragma once
// The model `digits`: deep networks trained on MNIST, and on digits and other things in pictures as people take them.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "recipes/recipe.hpp"

namespace vidi::recipes {

struct DeepOptions {
  std::size_t epochs = 72;  // of as many samples as there are training images
  double rate = 0.1;        // the greatest of a cosine's course, after a short rise
  std::size_t batch = 128;
  double smoothing = 0.05;        // the part of a label's certainty that is shared among all classes
  std::size_t library = 200'000;  // forms found in pictures before the training begins; an eighth more to calibrate
  std::size_t members = 2;        // networks: a small one, and wider ones that are asked where it is not sure
  bool bfloat16 = false;          // computes the training's convolutions with 8 bits of precision
  std::uint64_t seed = 1;
  int threads = 2;
  std::size_t data_threads = 1;
  std::vector<std::filesystem::path> fonts;  // folders; empty: the usual ones
};

// `vidi train deep`. Needs held-out images: they decide how sure a digit must be.
std::unique_ptr<Recipe> make_deep_recipe(const DeepOptions& options);

}  // namespace vidi::recipes
