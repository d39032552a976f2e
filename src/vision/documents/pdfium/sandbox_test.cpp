#include "documents/pdfium/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ostream>
#include <vector>

namespace vidi::documents {
namespace {

// How a process ends that does `work` and then ends well, as waitpid tells it.
template <typename Work>
int end_of(Work work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

struct Forbidden {
  const char* what;
  void (*act)();
};

std::ostream& operator<<(std::ostream& out, const Forbidden& forbidden) { return out << forbidden.what; }

class Sandbox : public testing::TestWithParam<Forbidden> {};

TEST_P(Sandbox, KillsWhoTries) {
  const int status = end_of([] {
    if (!allow_only_rendering()) return 1;
    GetParam().act();
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << "it ended with " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

void* map_page(int protection) { return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

void raise_limits() {
  const rlimit more{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  setrlimit(RLIMIT_CPU, &more);
}

void run_program() {
  char name[] = "/bin/true";
  char* words[] = {name, nullptr};
  execv(name, words);
}

const std::vector<Forbidden> kForbidden{
    {"ToOpenAFile", [] { open("/etc/hostname", O_RDONLY); }},
    {"ToMakeAFile", [] { open("made", O_WRONLY | O_CREAT, 0600); }},
    {"ToRemoveAFile", [] { unlink("made"); }},
    {"ToReadFromADescriptor", [] { (void)!read(STDIN_FILENO, nullptr, 0); }},
    {"ToWriteElsewhere", [] { (void)!write(STDERR_FILENO, "x", 1); }},
    {"ToCopyADescriptor", [] { dup(STDOUT_FILENO); }},
    {"ToConnect", [] { socket(AF_INET, SOCK_STREAM, 0); }},
    {"ToConnectLocally", [] { socket(AF_UNIX, SOCK_STREAM, 0); }},
    {"ToFork", [] { syscall(SYS_fork); }},
    {"ToMakeAThread", [] { syscall(SYS_clone, CLONE_VM | CLONE_FS, nullptr, nullptr, nullptr, 0); }},
    {"ToRunAProgram", run_program},
    {"ToSignalOthers", [] { kill(getppid(), 0); }},
    {"ToTraceOthers", [] { ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
    {"ToReadOthersMemory", [] { syscall(SYS_process_vm_readv, getpid(), nullptr, 0, nullptr, 0, 0); }},
    {"ToMapCode", [] { map_page(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"ToMakeCode", [] { mprotect(map_page(PROT_READ), 4096, PROT_READ | PROT_EXEC); }},
    {"ToRaiseItsLimits", raise_limits},
    {"ToBecomeAnother", [] { (void)!setuid(1); }},
    {"ToUseNewRings", [] { syscall(SYS_io_uring_setup, 1, nullptr); }},
};

INSTANTIATE_TEST_SUITE_P(Filter, Sandbox, testing::ValuesIn(kForbidden),
                         [](const testing::TestParamInfo<Forbidden>& forbidden) { return forbidden.param.what; });

TEST(Sandbox, AllowsMemoryAndWritingTheAnswer) {
  const int status = end_of([] {
    int ends[2];
    if (pipe(ends) != 0 || dup2(ends[1], STDOUT_FILENO) < 0 || !allow_only_rendering()) return 1;
    const std::vector<char> large(50'000'000, 'x');
    if (map_page(PROT_READ) == MAP_FAILED) return 2;
    return write(STDOUT_FILENO, large.data(), 100) == 100 ? 0 : 3;
  });
  EXPECT_TRUE(WIFEXITED(status)) << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Sandbox, WithoutItsFilterHidesFilesStill) {
  const int status = end_of([] {
    if (!forbid_files()) return 100;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES) return 1;
    if (open("/dev/null", O_WRONLY) >= 0) return 2;
    if (open("/", O_RDONLY | O_DIRECTORY) >= 0) return 3;
    if (mkdir("made", 0700) == 0) return 4;
    run_program();
    return 0;
  });
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 100) GTEST_SKIP() << "this system has no Landlock";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Sandbox, LimitsResources) {
  const int status = end_of([] {
    if (!limit_resources(std::size_t{256} << 20U, std::chrono::seconds(5))) return 1;
    if (open("/dev/null", O_RDONLY) >= 0) return 2;
    rlimit time{};
    getrlimit(RLIMIT_CPU, &time);
    if (time.rlim_max != 6) return 3;
    if (kSanitized) return 0;
    const void* memory = mmap(nullptr, std::size_t{512} << 20U, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? 0 : 4;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace vidi::documents
