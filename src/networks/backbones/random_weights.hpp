#pragma once
// A network that nobody has trained.

#include <cstdint>
#include <memory>

#include "backbones/weight_source.hpp"

namespace vidi::backbones {

// As Keras initializes: kernels from Glorot's uniform distribution (Glorot and Bengio 2010), -l to l where l is the
// root of 6 / (height * width * (inputs + outputs)); gamma and moving_variance 1, the rest 0. Not Keras' numbers: the
// i-th value of a layer comes from a counter by the finalizer of SplitMix64 (Steele, Lea and Flood 2014), so that a
// seed makes the same weights on every machine.
std::unique_ptr<WeightSource> make_random_weights(std::uint64_t seed);

// The 24 uppermost bits of the finalizer of the counter `i`, as a number from -1 (included) to 1 (excluded).
float noise(std::uint64_t stream, std::uint64_t i);

}  // namespace vidi::backbones
