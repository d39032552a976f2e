#include "objects/local/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <stdexcept>
#include <system_error>
#include <utility>

namespace vidi::objects::local {

std::filesystem::path made(const std::filesystem::path& folder) {
  for (const char* part : {"segments", "files", "temporary"}) {
    std::error_code error;
    std::filesystem::create_directories(folder / part, error);
    if (error) {
      throw std::runtime_error(
          fmt::format("the folder {} for the pictures cannot be made: {}", folder.string(), error.message()));
    }
  }
  return folder;
}

File lock_folder(const std::filesystem::path& folder) {
  auto file = File::open(folder / "lock", O_RDWR | O_CREAT);
  if (!file) {
    throw std::runtime_error(fmt::format("the pictures in {} cannot be written: {}", folder.string(),
                                         std::generic_category().message(file.error().code)));
  }
  if (::flock(file->descriptor(), LOCK_EX | LOCK_NB) != 0) {
    throw std::runtime_error(fmt::format(
        "the pictures in {} are in use by another process: stop that one, or give another folder", folder.string()));
  }
  return std::move(*file);
}

}  // namespace vidi::objects::local
