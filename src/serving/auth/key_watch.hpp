#pragma once
// Keeps an authorizer's keys those of the file.

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "auth/authorizer.hpp"

namespace vidi::auth {

// Looks at the file's inode, size and time twice a second, in a thread of its own: that also sees what a file system
// over a network reports to nobody. A file that is broken or gone leaves the keys as they are, and is logged.
class KeyWatch {
 public:
  // Reads the file at once; a missing one holds no keys yet. `authorizer` must outlive the watch.
  // Throws std::runtime_error when the file is broken.
  KeyWatch(std::filesystem::path file, Authorizer& authorizer,
           std::chrono::milliseconds interval = std::chrono::milliseconds(500));

 private:
  // What changes when the file does.
  struct Stamp {
    std::uintmax_t inode = 0;
    std::intmax_t size = 0;
    std::intmax_t seconds = 0;
    std::intmax_t nanoseconds = 0;

    bool operator==(const Stamp&) const = default;
  };

  [[nodiscard]] std::optional<Stamp> stamp() const;
  void watch(const std::stop_token& stop, std::chrono::milliseconds interval);
  void look();

  const std::filesystem::path file_;
  Authorizer& authorizer_;
  std::optional<Stamp> seen_;  // absent: there is no file
  std::mutex mutex_;
  std::condition_variable_any woken_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace vidi::auth
