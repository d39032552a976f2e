#include "files/private_folder.hpp"

namespace vidi::files {

namespace fs = std::filesystem;

void make_private_folder(const fs::path& folder, std::error_code& error) {
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
}

}  // namespace vidi::files
