#pragma once
// The pauses between attempts at something that fails for now.

#include <chrono>

namespace vidi {

// Each pause is twice as long as the one before, up to a longest one. How to wait is the caller's: on a timer, or on
// whatever tells that it is time to end. Not thread-safe.
class Backoff {
 public:
  // Requires: 0 < first <= longest.
  constexpr Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : first_(first), longest_(longest), pause_(first) {}

  // How long the next pause is.
  [[nodiscard]] constexpr std::chrono::milliseconds pause() const { return pause_; }

  // How long to wait now; the pause after it is longer.
  constexpr std::chrono::milliseconds next() {
    const std::chrono::milliseconds now = pause_;
    pause_ = pause_ > longest_ / 2 ? longest_ : 2 * pause_;
    return now;
  }

  // An attempt succeeded: the next failure is a first one.
  constexpr void reset() { pause_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds pause_;
};

}  // namespace vidi
