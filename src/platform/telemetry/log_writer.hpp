#pragma once
// Lines for a file descriptor that may be a pipe nobody reads: whoever logs never waits.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace vidi::telemetry {

class LogWriter {
 public:
  // At most `max_bytes` wait to be written. `descriptor` stays the caller's.
  LogWriter(int descriptor, std::size_t max_bytes);
  // Writes what waits, as far as that can be done within two seconds.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Any thread, never waits. Lines that arrive within some milliseconds are written together. What does not fit is
  // dropped and counted; false then.
  bool write(std::string_view lines);

  // How many calls of write() were dropped.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void work();
  bool send(std::string_view text);

  const int descriptor_;
  const std::size_t max_bytes_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::string waiting_;
  bool sleeping_ = false;  // a wake-up costs a system call: only a sleeping writer gets one
  std::atomic<bool> stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace vidi::telemetry
