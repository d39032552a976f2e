#pragma once
// A file as a whole, for what fits into memory. Thread-safe.
//
// Failures: EFBIG where there are more bytes than the caller takes, else what the system says.

#include <cstdint>
#include <filesystem>
#include <limits>

#include "core/bytes.hpp"
#include "files/file.hpp"

namespace vidi::files {

inline constexpr std::uint64_t kAnySize = std::numeric_limits<std::uint64_t>::max();

// Everything to the end, also of what has no size: a pipe, or a file of /proc.
Outcome<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes = kAnySize);

// The same from where the descriptor stands, such as standard input. It stays the caller's.
Outcome<Bytes> read_rest(int descriptor, std::uint64_t max_bytes = kAnySize);

}  // namespace vidi::files
