#pragma once
// Runs a program part in a process of its own and kills it in the middle, for tests of what survives.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>
#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace vidi {

// What the child has reported, in pieces of `Size` bytes.
template <std::size_t Size>
using Reports = std::vector<std::array<std::byte, Size>>;

// Calls `work` in a child, which reports with `report` (any thread), and kills it with SIGKILL after `time` from its
// first report on. To be called while this process has no other thread.
template <std::size_t Size>
Reports<Size> kill_in_the_middle(
    std::chrono::milliseconds time,
    const std::function<void(const std::function<void(const std::array<std::byte, Size>&)>& report)>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    // A write this short to a pipe is not divided.
    work([&](const std::array<std::byte, Size>& piece) {
      if (::write(ends[1], piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) ::_exit(1);
    });
    ::_exit(0);
  }
  ::close(ends[1]);
  Reports<Size> reports;
  std::array<std::byte, Size> piece;
  std::chrono::steady_clock::time_point kill_at = std::chrono::steady_clock::time_point::max();
  while (std::chrono::steady_clock::now() < kill_at) {
    pollfd readable{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (::poll(&readable, 1, 5) == 0) continue;
    if (::read(ends[0], piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) break;
    if (reports.empty()) kill_at = std::chrono::steady_clock::now() + time;
    reports.push_back(piece);
  }
  ::kill(child, SIGKILL);
  while (::read(ends[0], piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())) reports.push_back(piece);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return reports;
}

// Calls `work` in a child and returns the text it returned; "" when the child died.
inline std::string in_child(const std::function<std::string()>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string text;
    try {
      text = work();
    } catch (const std::exception& error) {
      text = error.what();
    }
    const bool written = ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t count = 0; (count = ::read(ends[0], piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

// Becomes a user who may write nothing; false when this process may not do that.
inline bool become_nobody() { return ::setgid(65534) == 0 && ::setuid(65534) == 0; }

}  // namespace vidi
