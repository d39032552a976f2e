#include "auth/key_watch.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "auth/key_file.hpp"

namespace vidi::auth {

KeyWatch::KeyWatch(std::filesystem::path file, Authorizer& authorizer, std::chrono::milliseconds interval)
    : file_(std::move(file)), authorizer_(authorizer), seen_(stamp()) {
  const auto keys = read_keys(file_);
  if (!keys) throw std::runtime_error(keys.error().message);
  if (*keys) authorizer_.replace(**keys);
  thread_ = std::jthread([this, interval](const std::stop_token& stop) { watch(stop, interval); });
}

std::optional<KeyWatch::Stamp> KeyWatch::stamp() const {
  struct stat status{};
  if (::stat(file_.c_str(), &status) != 0) return std::nullopt;
  return Stamp{.inode = status.st_ino,
               .size = status.st_size,
               .seconds = status.st_mtim.tv_sec,
               .nanoseconds = status.st_mtim.tv_nsec};
}

void KeyWatch::watch(const std::stop_token& stop, std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    woken_.wait_for(lock, stop, interval, [] { return false; });
    if (!stop.stop_requested()) look();
  }
}

void KeyWatch::look() {
  const auto current = stamp();
  if (current == seen_) return;
  seen_ = current;  // before the file is read: a change meanwhile is seen the next time
  const auto keys = read_keys(file_);
  if (!keys) {
    spdlog::error("{}; the keys stay as they were", keys.error().message);
  } else if (!*keys) {
    spdlog::error("the file of the keys, {}, is gone; the keys stay as they were", file_.string());
  } else {
    authorizer_.replace(**keys);
    const auto valid = std::ranges::count_if(**keys, [](const Key& key) { return !key.revoked; });
    spdlog::info("the keys were read anew: {} are valid", valid);
  }
}

}  // namespace vidi::auth
