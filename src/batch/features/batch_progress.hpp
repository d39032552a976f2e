#pragma once
// Tells the person who waits how a batch goes: a bar on a terminal, elsewhere a line every ten seconds.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "features/job.hpp"

namespace vidi::features {

// Not thread-safe: the job calls it from one thread.
class BatchProgress final : public Observer {
 public:
  // Writes as it is, to a terminal or not: with line ends, and on a terminal with the escape sequences of the bar.
  using Write = std::function<void(std::string_view text)>;

  BatchProgress(bool terminal, Write write) : terminal_(terminal), write_(std::move(write)) {}

  void progress(const Progress& progress) override;
  void note(const std::string& text) override;
  // Ends the line of the bar.
  void finish();

 private:
  const bool terminal_;
  const Write write_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point printed_ = std::chrono::steady_clock::now();
};

// "3,120/15,506  64.1 pictures a second  2 rejected  3:14 min left"; while pictures are still being found, how many
// are.
std::string describe(const Progress& progress);

}  // namespace vidi::features
