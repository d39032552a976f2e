#include "recipes/image_range.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace vidi::recipes {

EpochShuffler::EpochShuffler(std::size_t count, std::uint64_t seed) : random_(seed), order_(count), used_(count) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
}

std::span<const std::size_t> EpochShuffler::batch(std::size_t number, std::size_t size) {
  while (drawn_ <= number) draw(size);
  return batch_;
}

void EpochShuffler::draw(std::size_t size) {
  ++drawn_;
  batch_.clear();
  while (batch_.size() < size && !order_.empty()) {
    if (used_ == order_.size()) shuffle();
    const std::size_t taken = std::min(size - batch_.size(), order_.size() - used_);
    const auto begin = order_.begin() + static_cast<std::ptrdiff_t>(used_);
    batch_.insert(batch_.end(), begin, begin + static_cast<std::ptrdiff_t>(taken));
    used_ += taken;
  }
}

// Fisher and Yates. std::shuffle may give another order with another standard library.
void EpochShuffler::shuffle() {
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[below(i)]);
  used_ = 0;
}

// Uniform: values of the generator past the last whole multiple of `bound` are drawn again.
std::size_t EpochShuffler::below(std::size_t bound) {
  const std::uint64_t limit = std::mt19937_64::max() - std::mt19937_64::max() % bound;
  std::uint64_t value = random_();
  while (value >= limit) value = random_();
  return static_cast<std::size_t>(value % bound);
}

}  // namespace vidi::recipes
