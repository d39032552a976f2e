#pragma once
// A picture of how a picture was read.

#include <span>
#include <string>

#include "digits/find.hpp"
#include "digits/read.hpp"
#include "image/image.hpp"

namespace vidi::digits {

// The picture, at most 1,024 pixels wide or high, with a box around every digit that was read, and below it each of
// them as the model saw it, with its label and probability. RGB. `labels` names the model's classes. Any thread.
image::Image explain(const image::Image& picture, const Findings& findings, const Reading& reading,
                     std::span<const std::string> labels);

}  // namespace vidi::digits
