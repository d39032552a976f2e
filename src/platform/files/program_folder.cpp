#include "files/program_folder.hpp"

#include <system_error>

namespace vidi::files {

std::filesystem::path program_folder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

}  // namespace vidi::files
