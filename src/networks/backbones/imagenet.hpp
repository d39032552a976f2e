#pragma once
// The weights that Keras has for `weights="imagenet"`.

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace vidi::backbones {

// The file of ResNet50 without its top in the folder `cache`, downloaded where it is not there yet (95 MB).
// `home`: the address it is below, with the last slash; empty: Keras' own home.
Result<std::filesystem::path> fetch_resnet50_weights(const std::filesystem::path& cache, const std::string& home);

}  // namespace vidi::backbones
