#pragma once
// Folders with pictures of people, which are nobody else's, whatever the umask says.

#include <filesystem>
#include <system_error>

namespace vidi::files {

// Makes the folder, and those above it that are missing, for this user alone (0700). One that is there stays as it is.
// `error` says why it cannot be made.
void make_private_folder(const std::filesystem::path& folder, std::error_code& error);

}  // namespace vidi::files
