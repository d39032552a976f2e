#pragma once
// How sure a digit must be.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vidi::recipes {

// What a model says of a held-out sample.
struct HeldOutAnswer {
  std::uint8_t label = 0;      // the truth; 10: no digit
  std::uint8_t likeliest = 0;  // of the digits
  double probability = 0;      // of that digit
};

// Whether the digit is given as the answer: it may be though none is likelier, when losing digits is the greater harm.
bool accepted(const HeldOutAnswer& answer, double least_probability);

// The part of the answers that is accepted; 0 of none.
double accepted_part(std::span<const HeldOutAnswer> answers, double least_probability);

struct Limit {
  std::span<const HeldOutAnswer> digits;
  double lost = 0;  // at most this part of them may be rejected
};

// The greatest of 0.10, 0.11 ... 0.90 that keeps all limits, or 0.10.
double calibrate(std::span<const Limit> limits);

}  // namespace vidi::recipes
