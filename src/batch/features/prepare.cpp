#include "features/prepare.hpp"

#include <fmt/format.h>

#include <utility>

#include "augmentation/vary.hpp"
#include "core/digest.hpp"
#include "models/preprocess.hpp"

namespace vidi::features {
namespace {

// The same for the same picture, whatever others there are.
std::uint64_t variant_seed(std::string_view key, std::size_t variant, std::uint64_t seed) {
  const Digest digest = sha256(as_bytes(fmt::format("{}:{}:{}", seed, variant, key)));
  return std::hash<Digest>()(digest);
}

}  // namespace

Result<std::vector<std::uint8_t>> prepare(ByteView file, std::string_view key, const PrepareOptions& options) {
  auto decoded = image::decode(file, options.limits);
  if (!decoded) return forward_error(decoded);
  const image::Image picture = std::move(*decoded);
  std::vector<std::uint8_t> pictures = models::fit_picture(picture, options.input).pixels;
  const augmentation::VaryOptions vary{.width = options.input.width, .height = options.input.height};
  for (std::size_t variant = 1; variant < options.variants; ++variant) {
    const image::Image varied =
        models::fit_picture(augmentation::vary(picture, variant_seed(key, variant, options.seed), vary), options.input);
    pictures.insert(pictures.end(), varied.pixels.begin(), varied.pixels.end());
  }
  return pictures;
}

std::string rejection_reason(ErrorCode code) {
  switch (code) {
    case ErrorCode::unsupported_media:
      return "unsupported";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::not_found:
      return "gone";
    case ErrorCode::forbidden:
    case ErrorCode::unauthorized:
      return "forbidden";
    default:
      return "undecodable";
  }
}

inference::PixelInput pixel_input(const models::InputDescription& input) {
  return {.name = input.name,
          .width = input.width,
          .height = input.height,
          .channels = input.channels,
          .channels_first = input.layout == models::Layout::nchw,
          .reversed = input.color == models::Color::bgr,
          .mean = input.mean,
          .deviation = input.deviation,
          .scale = input.scale,
          .offset = input.offset,
          .inverted = input.is_inverted,
          .constants = input.constants};
}

std::size_t picture_bytes(const models::InputDescription& input) {
  return static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height * input.channels);
}

}  // namespace vidi::features
