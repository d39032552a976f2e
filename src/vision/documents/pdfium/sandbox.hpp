#pragma once
// How a process gives up, for good, whatever rendering does not need. A single thread; in this order.

#include <chrono>
#include <cstddef>

namespace vidi::documents {

// The sanitizers reserve terabytes of addresses, which are not limited then, and make a system call of their own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

// No file can be opened any more, by Landlock. False: the system has no Landlock (Linux before 5.13, or switched off).
bool forbid_files();

// No new files, no core dump, so much address space and processor time. False: refused.
bool limit_resources(std::size_t max_memory, std::chrono::seconds max_time);

// From now on a system call other than those for memory, time, writing standard output and ending kills the process.
// False: the system refuses filters.
bool allow_only_rendering();

}  // namespace vidi::documents
