#pragma once
// A part of a data set, and the order in which a training takes it.

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "datasets/mnist.hpp"

namespace vidi::recipes {

inline constexpr std::size_t kDigitSide = 28;  // of MNIST's pictures, in pixels
inline constexpr std::size_t kDigitPixels = kDigitSide * kDigitSide;
inline constexpr std::size_t kDigitClasses = 10;

// The images first .. first + count - 1 of a data set that outlives it.
struct ImageRange {
  const datasets::LabeledImages* images = nullptr;
  std::size_t first = 0;
  std::size_t count = 0;

  [[nodiscard]] std::span<const std::uint8_t> image(std::size_t index) const { return images->image(first + index); }
  [[nodiscard]] std::uint8_t label(std::size_t index) const { return images->labels[first + index]; }
};

// Draws batches of indices below `count`: every index once an epoch, each epoch in another order. A batch at the end of
// an epoch is filled from the next. The same on every machine. One thread at a time.
class EpochShuffler {
 public:
  EpochShuffler(std::size_t count, std::uint64_t seed);

  // The batch of that number, of `size` indices; those before it are drawn first when they have not been. Numbers rise
  // from call to call, sizes stay the same. Valid until the next call.
  std::span<const std::size_t> batch(std::size_t number, std::size_t size);

 private:
  void draw(std::size_t size);
  void shuffle();
  std::size_t below(std::size_t bound);

  std::mt19937_64 random_;
  std::vector<std::size_t> order_;
  std::vector<std::size_t> batch_;
  std::size_t used_ = 0;
  std::size_t drawn_ = 0;  // batches
};

}  // namespace vidi::recipes
