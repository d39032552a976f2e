#pragma once
// The folder of a local store: its parts, and who has it open.

#include <filesystem>

#include "objects/local/disk.hpp"

namespace vidi::objects::local {

// Makes what is missing of the folder, and returns it. Throws std::runtime_error.
std::filesystem::path made(const std::filesystem::path& folder);

// The folder is this process's alone until the file is destroyed, or the process ends. Throws std::runtime_error.
File lock_folder(const std::filesystem::path& folder);

}  // namespace vidi::objects::local
