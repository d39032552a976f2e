#pragma once
// A model for tests of what stands around one: no network, its answer follows from its input.

#include <memory>
#include <string>

#include "inference/model.hpp"

namespace vidi::inference {

// Takes (n, height, width, 1) and answers (n, classes): each row has 0.9 for the class that is the sum of the row's
// values, rounded, modulo `classes`, and shares the rest among the others.
std::unique_ptr<Model> make_fake_model(std::int64_t height, std::int64_t width, std::int64_t classes);

// Answers every batch with that error.
std::unique_ptr<Model> make_failing_model(Error error);

}  // namespace vidi::inference
