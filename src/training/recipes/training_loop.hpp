#pragma once
// Takes a training step by step, with progress, checkpoints and a way to stop.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "core/result.hpp"
#include "recipes/checkpoint.hpp"
#include "recipes/progress.hpp"

namespace vidi::recipes {

struct StepResult {
  double loss = 0.0;      // of this step's batch
  double accuracy = 0.0;  // of this step's batch, 0..1
};

// Something that is trained step by step. What a step does follows from its number and the state alone, so that a
// training that goes on from a checkpoint ends as one that was never interrupted.
class Trainee {
 public:
  virtual ~Trainee() = default;

  // Steps are numbered from 0 and taken in order; the first is 0 or the one after a checkpoint.
  virtual Result<StepResult> step(std::size_t number) = 0;

  // Everything that a step changes. The memory stays where it is until the trainee ends.
  virtual std::vector<NamedValues> state() = 0;
};

// What one run of the program brings to a training. All outlive it.
struct Session {
  ProgressReporter& progress;
  const std::atomic<bool>& stop;               // when it becomes true the training ends before its time
  const CheckpointFile* checkpoint = nullptr;  // none: nothing is kept
  std::chrono::seconds interval{30};           // between checkpoints
};

// Goes on from the checkpoint when there is one, and says so. A training that is stopped leaves one; the checkpoint of
// a finished training is left too, for the caller to remove when the model is written.
// Errors: those of CheckpointFile and Trainee::step.
Result<void> run_steps(Trainee& trainee, std::size_t steps, const Session& session);

}  // namespace vidi::recipes
