#include "inference/picture_network.hpp"

#include <fmt/format.h>

namespace vidi::inference {

std::string describe(const PictureNetwork& network) {
  std::string operations;
  for (const auto& [type, count] : network.execution().operations) {
    operations += fmt::format("{}{} in {}", operations.empty() ? "" : ", ", count, type);
  }
  return fmt::format("convolutions and matrix products: {}; on {}, {} batches of {} pictures at a time", operations,
                     network.execution().processor, network.streams(), network.batch());
}

}  // namespace vidi::inference
