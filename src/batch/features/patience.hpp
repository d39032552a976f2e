#pragma once
// How long a job waits for a server that does not answer, and what it says meanwhile.

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include "core/result.hpp"

namespace vidi::features {

// Any thread.
class Patience {
 public:
  Patience(std::chrono::milliseconds most, std::stop_token stop, std::function<void(const std::string&)> say)
      : most_(most), stop_(std::move(stop)), say_(std::move(say)) {}

  // Waits a little; whether to try again.
  bool try_again(const Error& error) {
    {
      const std::scoped_lock lock(mutex_);
      const auto now = Clock::now();
      // After a while without a failure it has answered in between.
      if (!failing_since_ || now - failed_ > std::chrono::seconds(30)) failing_since_ = now;
      failed_ = now;
      if (now - *failing_since_ > most_ || stop_.stop_requested()) return false;
    }
    say(error.message);
    std::this_thread::sleep_for(std::chrono::seconds(2));
    return true;
  }

  // Many threads wait for the same server: says it now and then.
  void say(const std::string& text) {
    {
      const std::scoped_lock lock(mutex_);
      if (said_ && Clock::now() - *said_ < std::chrono::seconds(10)) return;
      said_ = Clock::now();
    }
    say_(text + "; trying again");
  }

 private:
  using Clock = std::chrono::steady_clock;

  const std::chrono::milliseconds most_;
  const std::stop_token stop_;
  const std::function<void(const std::string&)> say_;
  std::mutex mutex_;
  std::optional<Clock::time_point> failing_since_;
  Clock::time_point failed_;
  std::optional<Clock::time_point> said_;
};

}  // namespace vidi::features
