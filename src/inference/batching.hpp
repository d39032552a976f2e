#pragma once
// What several requests ask of a network at about the same time is inferred together: an inference of many costs little
// more than one of a single row.

#include <cstddef>
#include <memory>

#include "inference/model.hpp"
#include "telemetry/metrics.hpp"

namespace vidi::inference {

// Gathers what is asked on one executor until that executor has run what was ready before: a request that is alone
// waits for nothing, and no thread waits for another. At most `rows` go into one batch; larger inputs, and those that
// do not fit the model, go by themselves. The last bits of an answer may depend on what it was inferred with. A model
// that takes only one size of batch comes back as it is. `sizes`, which may be null, is told the rows of every batch.
std::unique_ptr<Model> batch(std::unique_ptr<Model> model, std::size_t rows = 32,
                             telemetry::Histogram* sizes = nullptr);

// Where the sizes of a model's batches are counted.
telemetry::Histogram& batch_sizes(const std::string& model);

}  // namespace vidi::inference
