#pragma once
// One version of a model, ready to run.

#include <cstdint>
#include <memory>
#include <string>

#include "inference/model.hpp"
#include "models/description.hpp"

namespace vidi::models {

// Shared by whoever uses it; immutable.
struct LoadedModel {
  Description description;
  std::string version;
  std::string platform;     // inference::platform_name()
  std::uint64_t bytes = 0;  // of the network's files
  std::unique_ptr<inference::Model> network;
};

}  // namespace vidi::models
