#include "documents/pdfium/sandbox.hpp"

#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <initializer_list>
#include <memory>

namespace vidi::documents {
namespace {

bool limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  return setrlimit(resource, &both) == 0;
}

// What a version of Landlock's interface knows of files (linux/landlock.h): each bit an operation.
std::uint64_t file_operations(long version) {
  constexpr std::uint64_t kFirst = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
  constexpr std::uint64_t kTruncate = 1U << 14U;       // from version 3 on
  constexpr std::uint64_t kDeviceControl = 1U << 15U;  // from version 5 on
  std::uint64_t operations = kFirst;
  if (version >= 2) operations |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) operations |= kTruncate;
  if (version >= 5) operations |= kDeviceControl;
  return operations;
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

bool allow(const Filter& filter, std::initializer_list<int> calls) {
  for (const int call : calls) {
    if (seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 0, nullptr) != 0) return false;
  }
  return true;
}

bool allow_when(const Filter& filter, int call, scmp_arg_cmp condition) {
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

}  // namespace

bool forbid_files() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  // No rule is added to it: nothing is allowed.
  const landlock_ruleset_attr handled{.handled_access_fs = file_operations(version)};
  const long rules = syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
  if (rules < 0) return false;
  const bool restricted = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
  close(static_cast<int>(rules));
  return restricted;
}

bool limit_resources(std::size_t max_memory, std::chrono::seconds max_time) {
  bool limited = limit(RLIMIT_CPU, static_cast<rlim_t>(max_time.count()) + 1);
  limited = limit(RLIMIT_CORE, 0) && limited;
  limited = limit(RLIMIT_FSIZE, 0) && limited;
  limited = limit(RLIMIT_NOFILE, 3) && limited;
  limited = limit(RLIMIT_NPROC, 0) && limited;
  if (!kSanitized) limited = limit(RLIMIT_AS, max_memory) && limited;
  return limited;
}

bool allow_only_rendering() {
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS), &seccomp_release);
  if (!filter) return false;
  const scmp_arg_cmp not_executable{.arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
  const bool complete =
      allow(filter, {SCMP_SYS(exit_group), SCMP_SYS(exit), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap),
                     SCMP_SYS(madvise), SCMP_SYS(futex), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
                     SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom),
                     SCMP_SYS(sysinfo), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sched_yield)}) &&
      (!kSanitized || allow(filter, {SCMP_SYS(sigaltstack)})) && allow_when(filter, SCMP_SYS(mmap), not_executable) &&
      allow_when(filter, SCMP_SYS(mprotect), not_executable) &&
      allow_when(filter, SCMP_SYS(write), {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = STDOUT_FILENO, .datum_b = 0});
  return complete && seccomp_load(filter.get()) == 0;
}

}  // namespace vidi::documents
