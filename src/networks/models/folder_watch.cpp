#include "models/folder_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

namespace vidi::models {

FolderWatch::FolderWatch()
    : notifications_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)), wakes_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  works_ = notifications_ >= 0;
}

FolderWatch::~FolderWatch() {
  if (notifications_ >= 0) close(notifications_);
  if (wakes_ >= 0) close(wakes_);
}

bool FolderWatch::follow(const std::filesystem::path& folder) {
  if (notifications_ < 0) return false;
  constexpr std::uint32_t kChanges = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO |
                                     IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  const int watch = inotify_add_watch(notifications_, folder.c_str(), kChanges);
  // One that is gone or is no folder any more needs no watch; anything else is a limit of the system.
  if (watch < 0 && errno != ENOENT && errno != ENOTDIR) works_ = false;
  return watch >= 0 && watches_.insert(watch).second;
}

void FolderWatch::wait(std::chrono::milliseconds time) {
  std::array<pollfd, 2> descriptors{
      {{.fd = wakes_, .events = POLLIN, .revents = 0}, {.fd = notifications_, .events = POLLIN, .revents = 0}}};
  const auto most = std::chrono::milliseconds(3'600'000);
  if (poll(descriptors.data(), descriptors.size(), static_cast<int>(std::min(time, most).count())) <= 0) return;
  std::uint64_t wakes = 0;
  [[maybe_unused]] const auto count = read(wakes_, &wakes, sizeof wakes);
  read_events();
}

void FolderWatch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto count = write(wakes_, &one, sizeof one);
}

void FolderWatch::read_events() {
  alignas(inotify_event) std::array<char, 16'384> buffer;
  while (true) {
    const auto count = read(notifications_, buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      if ((event.mask & IN_IGNORED) != 0) watches_.erase(event.wd);
      at += sizeof event + event.len;
    }
  }
}

}  // namespace vidi::models
