#include "telemetry/log_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <utility>

namespace vidi::telemetry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGather{10};     // what is logged meanwhile goes out in one call of the kernel
constexpr milliseconds kPatience{100};  // how long a pipe is waited for before looking whether it is time to end
constexpr milliseconds kLastWords{2000};

}  // namespace

LogWriter::LogWriter(int descriptor, std::size_t max_bytes) : descriptor_(descriptor), max_bytes_(max_bytes) {
  thread_ = std::thread([this] { work(); });
}

LogWriter::~LogWriter() {
  stopping_ = true;
  {
    const std::scoped_lock lock(mutex_);
    sleeping_ = false;
  }
  ready_.notify_one();
  thread_.join();
}

bool LogWriter::write(std::string_view lines) {
  bool wake = false;
  {
    const std::scoped_lock lock(mutex_);
    if (lines.size() > max_bytes_ - std::min(waiting_.size(), max_bytes_)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    waiting_ += lines;
    wake = std::exchange(sleeping_, false);
  }
  if (wake) ready_.notify_one();
  return true;
}

void LogWriter::work() {
  std::string text;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      while (waiting_.empty() && !stopping_) {
        sleeping_ = true;
        ready_.wait(lock);
      }
      sleeping_ = false;
      if (waiting_.empty()) return;
      text.clear();
      std::swap(text, waiting_);
    }
    if (!send(text)) return;
    // The first line goes out at once, those behind it together.
    if (!stopping_) std::this_thread::sleep_for(kGather);
  }
}

// False: it is time to end, and nobody reads. PIPE_BUF bytes never block when poll() says that a pipe can be written.
bool LogWriter::send(std::string_view text) {
  milliseconds waited{0};
  while (!text.empty()) {
    pollfd state{.fd = descriptor_, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&state, 1, static_cast<int>(kPatience.count()));
    if (ready == 0) {
      if (stopping_) waited += kPatience;
      if (waited >= kLastWords) return false;
      continue;
    }
    const ssize_t written = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return true;  // nobody will ever read it
    }
  }
  return true;
}

}  // namespace vidi::telemetry
