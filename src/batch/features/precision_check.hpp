#pragma once
// How far features of a lower precision are from those in float32.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/result.hpp"
#include "inference/picture_network.hpp"

namespace vidi::features {

struct PrecisionCheck {
  std::size_t pictures = 0;  // of the sample
  double mean_cosine = 1;
  double least_cosine = 1;
  double angle = 0;  // degrees: the largest between the subspaces of the first components
  std::size_t components = 0;
};

// Features of the same pictures by both networks. `pictures`: `count` of them, as infer() takes them. Errors: those of
// infer().
Result<PrecisionCheck> check_precision(inference::PictureNetwork& exact, inference::PictureNetwork& network,
                                       std::span<const std::uint8_t> pictures, std::size_t count);

}  // namespace vidi::features
