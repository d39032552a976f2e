#pragma once
// Waits for changes in folders: inotify.

#include <chrono>
#include <filesystem>
#include <set>

namespace vidi::models {

// wake() may be called from any thread; the rest from one.
class FolderWatch {
 public:
  FolderWatch();
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Whether changes in this folder were not yet waited for; not of folders inside it. False too when they cannot be:
  // see works().
  bool follow(const std::filesystem::path& folder);

  // False once the system has refused to watch a folder: it must be looked at from time to time instead.
  [[nodiscard]] bool works() const { return works_; }

  // Until something has changed in a folder, wake() was called, or the time is over.
  void wait(std::chrono::milliseconds time);

  void wake();

 private:
  void read_events();

  int notifications_ = -1;
  int wakes_ = -1;
  bool works_ = true;
  std::set<int> watches_;
};

}  // namespace vidi::models
