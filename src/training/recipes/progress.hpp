#pragma once
// Tells the person who waits how a training goes.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <ostream>
#include <string_view>

namespace vidi::recipes {

struct Progress {
  std::size_t step = 0;  // steps done, those before a checkpoint among them
  std::size_t steps = 0;
  double loss = 0.0;      // of this step's batch
  double accuracy = 0.0;  // of this step's batch, 0..1
};

// One thread at a time.
class ProgressReporter {
 public:
  virtual ~ProgressReporter() = default;

  // After every step. Prints seldom; what it prints is the mean since it last printed.
  virtual void report(const Progress& progress) = 0;

  // One line of its own. The time of the steps counts from the last note before the first of them.
  virtual void note(std::string_view text) = 0;

  // Prints what has not been printed yet and ends the line. Also when a training stops early.
  virtual void finish() = 0;
};

using Clock = std::function<std::chrono::steady_clock::time_point()>;

// On a terminal a bar that is drawn again ten times a second, elsewhere one line a second. `out` must outlive it.
std::unique_ptr<ProgressReporter> make_progress_reporter(std::ostream& out, bool terminal,
                                                         Clock clock = std::chrono::steady_clock::now);

}  // namespace vidi::recipes
