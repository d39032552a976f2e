#include "files/read_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace vidi::files {
namespace {

// Where nothing tells how much there is.
constexpr std::size_t kStep = std::size_t{64} << 10U;

std::unexpected<Failure> failure(int code) { return std::unexpected(Failure{.code = code}); }

}  // namespace

Outcome<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) return forward_error(file);
  return read_rest(file->descriptor(), max_bytes);
}

Outcome<Bytes> read_rest(int descriptor, std::uint64_t max_bytes) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return failure(errno);
  // One byte more than there should be: the end is seen without growing.
  Bytes bytes(S_ISREG(status.st_mode) && status.st_size > 0
                  ? std::min<std::uint64_t>(static_cast<std::uint64_t>(status.st_size), max_bytes) + 1
                  : kStep);
  std::size_t used = 0;
  while (true) {
    if (used == bytes.size()) bytes.resize(used + std::max(used, kStep));
    const ssize_t count = ::read(descriptor, bytes.data() + used, bytes.size() - used);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno);
    if (count == 0) break;
    used += static_cast<std::size_t>(count);
    if (used > max_bytes) return failure(EFBIG);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace vidi::files
