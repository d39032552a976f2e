#pragma once
// Chance that is the same on every machine.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>

namespace vidi {

// SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"). One thread at a time.
class Random {
 public:
  // The stream of that number: streams of one seed have nothing to do with each other.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : state_(seed) {
    state_ = next() ^ stream;
    state_ = next();
  }

  std::uint64_t next() {
    std::uint64_t value = (state_ += kGamma);
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
  }

  double uniform() { return static_cast<double>(next() >> 11U) * 0x1p-53; }  // 0 <= value < 1
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(uniform() * static_cast<double>(bound)); }
  int integer(int low, int high) { return static_cast<int>(std::floor(uniform(low, high + 1.0))); }

  // Of mean 0 and deviation 1 (Box and Muller 1958).
  double normal() { return std::sqrt(-2.0 * std::log(1.0 - uniform())) * std::cos(2.0 * std::numbers::pi * uniform()); }

  template <typename T>
  const T& pick(std::span<const T> values) {
    return values[below(values.size())];
  }

 private:
  static constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15U;

  std::uint64_t state_;
};

}  // namespace vidi
