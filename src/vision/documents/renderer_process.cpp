#include "documents/renderer_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace vidi::documents {
namespace {

using std::chrono::steady_clock;

// Of the pipe: a page of 150 dots an inch in a few turns.
constexpr int kPipeBytes = 1 << 20;

std::unexpected<Error> cannot(const char* what, int error) {
  return fail(ErrorCode::unavailable, fmt::format("PDFs cannot be read now: {}: {}.", what,
                                                  std::error_code(error, std::generic_category()).message()));
}

// A file in memory that nobody can change any more.
Result<Descriptor> sealed_file(ByteView content) {
  Descriptor file(memfd_create("document", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.is_open()) return cannot("a file in memory cannot be made", errno);
  while (!content.empty()) {
    const ssize_t written = write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return cannot("the document cannot be handed over", errno);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  lseek(file.number(), 0, SEEK_SET);
  fcntl(file.number(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
  return file;
}

// What a new process begins with. It is a process group of its own: an interrupt at the terminal is the server's to
// answer, which lets requests finish.
class SpawnSettings {
 public:
  SpawnSettings(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  SpawnSettings(SpawnSettings&&) = delete;
  SpawnSettings& operator=(SpawnSettings&&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  posix_spawn_file_actions_t* actions() { return &actions_; }
  posix_spawnattr_t* attributes() { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (is_open()) close(number_);
}

Result<std::unique_ptr<RendererProcess>> RendererProcess::start(const std::filesystem::path& program,
                                                                const std::vector<std::string>& arguments,
                                                                ByteView input, std::chrono::milliseconds max_time) {
  auto document = sealed_file(input);
  if (!document) return forward_error(document);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return cannot("a pipe cannot be made", errno);
  Descriptor reading(ends[0]);
  const Descriptor writing(ends[1]);
  fcntl(writing.number(), F_SETPIPE_SZ, kPipeBytes);

  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  SpawnSettings settings(document->number(), writing.number());
  pid_t process = 0;
  const int error = posix_spawn(&process, program.c_str(), settings.actions(), settings.attributes(), pointers.data(),
                                environment.data());
  if (error != 0) return cannot("their renderer cannot be started", error);
  return std::unique_ptr<RendererProcess>(new RendererProcess(process, std::move(reading), max_time));
}

std::unique_ptr<RendererProcess> RendererProcess::replay(Descriptor output, std::chrono::milliseconds max_time) {
  return std::unique_ptr<RendererProcess>(new RendererProcess(std::nullopt, std::move(output), max_time));
}

RendererProcess::~RendererProcess() {
  if (!process_) return;
  kill(*process_, SIGKILL);
  while (waitpid(*process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

RendererProcess::Outcome RendererProcess::read(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto started = steady_clock::now();
    pollfd waiting{.fd = output_.number(), .events = POLLIN, .revents = 0};
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(time_left_).count();
    const int ready = poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 1'000'000'000)));
    time_left_ -= steady_clock::now() - started;
    if (ready < 0 && errno != EINTR) return Outcome::ended;
    if (ready <= 0) {
      if (time_left_ <= std::chrono::nanoseconds::zero()) return Outcome::too_slow;
      continue;
    }
    const ssize_t count = ::read(output_.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return Outcome::ended;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return Outcome::read;
}

}  // namespace vidi::documents
