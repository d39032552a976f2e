#pragma once
// The network of a job: its backbone, compiled in the wanted precision.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "backbones/backbone.hpp"
#include "core/result.hpp"
#include "features/job.hpp"
#include "inference/picture_network.hpp"

namespace vidi::features {

// `calibration`: fitted pictures, one after another; only looked at for int8.
Result<std::unique_ptr<inference::PictureNetwork>> compile(const backbones::Backbone& backbone, const Job& job,
                                                           inference::Precision precision,
                                                           std::span<const std::uint8_t> calibration);

// Features of the same pictures by both networks. Errors: those of infer().
Result<PrecisionCheck> check_precision(inference::PictureNetwork& exact, inference::PictureNetwork& network,
                                       std::span<const std::uint8_t> pictures, std::size_t count);

}  // namespace vidi::features
