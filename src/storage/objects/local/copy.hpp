#pragma once
// A second folder with the same pictures, made while the first is in use.

#include <cstdint>
#include <filesystem>

namespace vidi::objects::local {

struct Copied {
  std::size_t files = 0;  // that were not there yet, or had grown
  std::uint64_t bytes = 0;
};

// Makes `to` a folder of what `from` holds: every picture that was durable there when the call began, but for those
// that are removed meanwhile. What `to` has from an earlier copy is not copied again, and what `from` has no longer is
// removed from it. Another process may write to `from`; none may have `to` open. Nothing is synchronized: that is left
// to the caller, once for everything. Throws std::runtime_error.
Copied copy_folder(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace vidi::objects::local
