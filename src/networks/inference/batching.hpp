#pragma once
// What several requests ask of a network at about the same time is inferred together: an inference of many rows costs
// little more than one of a single row.

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "inference/model.hpp"
#include "telemetry/metrics.hpp"

namespace vidi::inference {

struct BatchOptions {
  std::size_t rows = 32;             // the most in one batch
  std::size_t streams = 0;           // batches inferred at the same time; 0: one a processor
  bool own_threads = false;          // infer on threads of the streams' own, not on those that ask
  std::size_t max_waiting = 16'384;  // rows that wait; more are refused
  // A request that would wait longer than this for its batch, by how long rows have taken lately, is refused at once;
  // one batch may wait in any case. A burst may take all of it. When it is used up, more comes than can be answered,
  // and a queue would only make those wait who are answered: until nothing waits any more, a fifth of it is allowed.
  std::chrono::milliseconds max_wait{100};
  telemetry::Histogram* sizes = nullptr;  // is told the rows of every batch; null: nobody wants to know
};

// A stream that is free takes what waits, up to `rows`, whoever asked for it, and waits for nothing: a request that is
// alone is inferred at once, and while all streams are busy the next batch gathers. For a small network a hand-over to
// another thread costs more than the inference: then a batch is inferred on the thread of one of those who asked. A
// larger one would keep that thread from its other work, and has threads of its own. Larger inputs go in several
// batches; those that do not fit the model go by themselves, so that they spoil nobody's batch. The last bits of an
// answer may depend on what it was inferred with. A model that takes only one size of batch comes back as it is. Errors
// of infer(), beside the model's: overloaded (too many rows wait, or for too long), deadline_exceeded (it is late, or
// would be by how long rows have taken lately).
std::unique_ptr<Model> batch(std::unique_ptr<Model> model, const BatchOptions& options = {});

// Where the sizes of a model's batches are counted.
telemetry::Histogram& batch_sizes(const std::string& model);

}  // namespace vidi::inference
