#pragma once
// What is handed on of a picture that was recognized.

#include <memory>
#include <vector>

#include "models/loaded_model.hpp"
#include "records/prediction.hpp"

namespace vidi::recognition {

using ModelHandle = std::shared_ptr<const models::LoadedModel>;

// A prediction, and the row of the network's output from which it was made; empty when it was not made from one row.
struct Recognition {
  records::Prediction prediction;
  std::vector<float> row;
};

}  // namespace vidi::recognition
