#pragma once
// Disks that fail, for tests: an fsync that reports an error, a file that may not grow, a full file system. Include it
// in one file of a test program: it replaces fsync and fdatasync of the C library.

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>

namespace vidi {

inline std::atomic<bool> fsync_fails = false;

inline int synchronize_or_fail(long call, int descriptor) {
  if (fsync_fails) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(::syscall(call, descriptor));
}

// No file may grow beyond `bytes` while this exists.
class LimitedFileSize {
 public:
  explicit LimitedFileSize(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LimitedFileSize() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  LimitedFileSize(const LimitedFileSize&) = delete;
  LimitedFileSize& operator=(const LimitedFileSize&) = delete;

 private:
  rlimit before_{};
};

// Mounts a file system of so many bytes that only this process sees; false when it may not. Once in a process.
inline bool mount_small_file_system(const std::filesystem::path& folder, const std::string& size) {
  std::filesystem::create_directories(folder);
  return ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}

}  // namespace vidi

extern "C" {
[[gnu::visibility("default")]] int fdatasync(int descriptor) {
  return vidi::synchronize_or_fail(SYS_fdatasync, descriptor);
}
[[gnu::visibility("default")]] int fsync(int descriptor) { return vidi::synchronize_or_fail(SYS_fsync, descriptor); }
}
