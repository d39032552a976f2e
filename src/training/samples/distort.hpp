#pragma once
// MNIST's form, written or taken a little differently.

#include "core/random.hpp"
#include "digits/form.hpp"

namespace vidi::samples {

// Small turns, slants, stretches and shifts.
digits::Form distort_gently(const digits::Form& form, Random& random);

// Larger ones; a hand's wobble; a thinner or thicker pen; blur, noise, contrast; bits of `neighbor` at the sides.
digits::Form distort(const digits::Form& form, const digits::Form& neighbor, Random& random);

// 40 to 60 % of the form, brought back to the middle: no digit.
digits::Form cut_off(const digits::Form& form, Random& random);

// Two digits squeezed into one form: no digit.
digits::Form squeeze_together(const digits::Form& left, const digits::Form& right, Random& random);

}  // namespace vidi::samples
