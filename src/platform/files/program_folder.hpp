#pragma once
// Where the running program is, with what was installed beside it.

#include <filesystem>

namespace vidi::files {

// The folder of this process's program, links resolved; empty where the system does not say.
std::filesystem::path program_folder();

}  // namespace vidi::files
