#include "models/preprocess.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "image/resample.hpp"

namespace vidi::models {
namespace {

using image::Image;

Image in_channels(Image picture, int channels) {
  picture = image::flatten(std::move(picture));
  if (picture.channels == channels) return picture;
  if (channels == 1) return image::to_gray(std::move(picture));
  Image color = image::make_image(picture.width, picture.height, 3);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    std::fill_n(color.pixels.begin() + static_cast<std::ptrdiff_t>(3 * i), 3, picture.pixels[i]);
  }
  return color;
}

// The middle of the picture, brought to the network's size.
Image cropped(const Image& picture, const InputDescription& input) {
  const int shorter = std::min(input.width, input.height);
  const double enlarged = input.resize_to > 0 ? static_cast<double>(input.resize_to) / shorter : 1;
  const double scale = enlarged * std::max(static_cast<double>(input.width) / picture.width,
                                           static_cast<double>(input.height) / picture.height);
  // Sizes and edges are whole pixels of the whole picture resized, as torchvision has them.
  const double whole_width = std::max<double>(input.width, std::floor(picture.width * scale + 1e-9));
  const double whole_height = std::max<double>(input.height, std::floor(picture.height * scale + 1e-9));
  const double left = std::nearbyint((whole_width - input.width) / 2);
  const double top = std::nearbyint((whole_height - input.height) / 2);
  const double across = picture.width / whole_width;
  const double down = picture.height / whole_height;
  const image::Box box{.left = left * across,
                       .top = top * down,
                       .right = std::min<double>(picture.width, (left + input.width) * across),
                       .bottom = std::min<double>(picture.height, (top + input.height) * down)};
  return image::resample(picture, input.width, input.height, input.filter, box);
}

Image padded(const Image& picture, const InputDescription& input) {
  const double scale =
      std::min(static_cast<double>(input.width) / picture.width, static_cast<double>(input.height) / picture.height);
  const auto side = [&](int size, int most) {
    return std::clamp(static_cast<int>(std::lround(size * scale)), 1, most);
  };
  const Image small =
      image::resample(picture, side(picture.width, input.width), side(picture.height, input.height), input.filter);
  Image whole = image::make_image(input.width, input.height, picture.channels);
  std::ranges::fill(whole.pixels, static_cast<std::uint8_t>(input.pad_value));
  const int left = (input.width - small.width) / 2;
  const int top = (input.height - small.height) / 2;
  for (int y = 0; y < small.height; ++y) {
    const auto target = whole.row(top + y).subspan(static_cast<std::size_t>(left) * whole.channels);
    std::ranges::copy(small.row(y), target.begin());
  }
  return whole;
}

void soften(std::span<float> row) {
  const float most = *std::ranges::max_element(row);
  double sum = 0;
  for (const float value : row) sum += std::exp(static_cast<double>(value) - most);
  for (float& value : row) value = static_cast<float>(std::exp(static_cast<double>(value) - most) / sum);
}

}  // namespace

Image fit_picture(Image picture, const InputDescription& input) {
  picture = in_channels(std::move(picture), input.channels);
  if (input.fit == Fit::crop) return cropped(picture, input);
  if (input.fit == Fit::pad) return padded(picture, input);
  return image::resample(picture, input.width, input.height, input.filter);
}

int enough_pixels(int width, int height, const InputDescription& input) {
  // Three times what is needed on the side that needs most: there a JPEG decoded coarsely and the whole one are resized
  // to the same values but for a unit or two.
  const double needed = 3.0 * std::max({input.width, input.height, input.resize_to});
  const double shorter = std::max(1, std::min(width, height));
  return static_cast<int>(std::min(std::ceil(needed * std::max(width, height) / shorter), 1e9));
}

void append_values(const Image& fitted, const InputDescription& input, std::vector<float>& values) {
  const auto channels = static_cast<std::size_t>(fitted.channels);
  std::array<std::array<float, 256>, 3> tables;
  for (std::size_t c = 0; c < channels; ++c) {
    for (int pixel = 0; pixel < 256; ++pixel) {
      tables[c][static_cast<std::size_t>(pixel)] = static_cast<float>(input_value(pixel, c, input));
    }
  }
  const bool is_reversed = input.color == Color::bgr && channels == 3;
  const auto source = [&](std::size_t channel) { return is_reversed ? channels - 1 - channel : channel; };
  const std::size_t count = fitted.pixels.size() / channels;
  std::size_t at = values.size();
  values.resize(at + fitted.pixels.size());
  if (input.layout == Layout::nhwc) {
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t c = 0; c < channels; ++c) values[at++] = tables[c][fitted.pixels[i * channels + source(c)]];
    }
    return;
  }
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < count; ++i) values[at++] = tables[c][fitted.pixels[i * channels + source(c)]];
  }
}

void make_probabilities(std::span<float> values, std::size_t columns, const OutputDescription& output) {
  if (output.scale != 1 || output.offset != 0) {
    for (float& value : values) value = static_cast<float>(value * output.scale + output.offset);
  }
  if (output.kind == OutputKind::probabilities) return;
  if (output.kind == OutputKind::sigmoid) {
    for (float& value : values) value = static_cast<float>(1 / (1 + std::exp(-static_cast<double>(value))));
    return;
  }
  for (std::size_t begin = 0; begin + columns <= values.size(); begin += columns)
    soften(values.subspan(begin, columns));
}

std::vector<std::vector<std::int64_t>> input_shapes(const InputDescription& input) {
  const std::int64_t width = input.width;
  const std::int64_t height = input.height;
  const std::int64_t channels = input.channels;
  std::vector<std::vector<std::int64_t>> shapes;
  if (input.layout == Layout::nhwc) {
    shapes.push_back({-1, height, width, channels});
  } else {
    shapes.push_back({-1, channels, height, width});
  }
  if (channels == 1) shapes.push_back({-1, height, width});
  shapes.push_back({-1, width * height * channels});
  return shapes;
}

}  // namespace vidi::models
