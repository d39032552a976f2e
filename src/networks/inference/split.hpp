#pragma once
// Batches of any size for a network that takes only so many rows at a time.

#include <cstddef>
#include <memory>

#include "inference/model.hpp"

namespace vidi::inference {

// Infers at most `rows` rows at a time, one part after the other. A network that takes exactly one number of rows gets
// parts of that number, the last filled up with copies of its last row, whose answers are dropped.
std::unique_ptr<Model> split(std::unique_ptr<Model> model, std::size_t rows);

}  // namespace vidi::inference
