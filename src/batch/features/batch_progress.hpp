#pragma once
// Tells the person who waits how a batch goes: a bar on a terminal, elsewhere a line every ten seconds.

#include <chrono>
#include <string>

#include "features/job.hpp"

namespace vidi::features {

class BatchProgress final : public Observer {
 public:
  explicit BatchProgress(bool terminal) : terminal_(terminal) {}

  void progress(const Progress& progress) override;
  void note(const std::string& text) override;
  // Ends the line of the bar.
  void finish();

 private:
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point printed_ = std::chrono::steady_clock::now();
};

// "3,120/15,506  64.1 pictures a second  2 rejected  3:13 min left"; while pictures are still being found, how many
// are.
std::string describe(const Progress& progress);

}  // namespace vidi::features
