#pragma once
// From a picture to the numbers that a network sees, and from the numbers it gives to probabilities.

#include <cstddef>
#include <span>
#include <vector>

#include "image/image.hpp"
#include "models/description.hpp"

namespace vidi::models {

// The picture in the network's size, with 1 or 3 channels, in gray or red, green, blue whatever the network's order is.
// What is transparent is laid on white. Memory stays within that of the picture and of the result.
image::Image fit_picture(image::Image picture, const InputDescription& input);

// How large the longer side of a picture may become before it is fitted, when it has that size now: shrinking the rest
// of the way shows no trace of it.
int enough_pixels(int width, int height, const InputDescription& input);

// Appends the values of a picture of the network's size to `values`, in its layout, order of colors and scale.
void append_values(const image::Image& fitted, const InputDescription& input, std::vector<float>& values);

// The value that the network sees of one channel's pixel. `channel`: in the network's order.
inline double input_value(int pixel, std::size_t channel, const InputDescription& input) {
  const double value = input.is_inverted ? 255 - pixel : pixel;
  if (input.mean.empty()) return value * input.scale + input.offset;
  return (value - input.mean[channel]) / input.deviation[channel];
}

// Makes rows of `columns` outputs rows of probabilities.
void make_probabilities(std::span<float> values, std::size_t columns, const OutputDescription& output);

// The shapes in which a batch of pictures can be fed to a network, the best first: with the channel, without it where
// there is only one, and as one row.
std::vector<std::vector<std::int64_t>> input_shapes(const InputDescription& input);

}  // namespace vidi::models
