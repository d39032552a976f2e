#pragma once
// Pictures that are digits in MNIST's form already. Internal to this module.

#include <optional>

#include "digits/form.hpp"
#include "image/image.hpp"

namespace vidi::digits {

// Of a gray picture of 28x28, in either polarity, the values light on dark; absent when it has another form.
std::optional<Form> as_mnist_form(const image::Image& gray);

}  // namespace vidi::digits
