#pragma once
// One file out of a zip archive.

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::backbones {

// Errors: not_found (no such file in it), too_large (more bytes than `most`), undecodable (it is no archive, or
// damaged).
Result<Bytes> read_zip_entry(const std::filesystem::path& archive, const std::string& name, std::uint64_t most);

}  // namespace vidi::backbones
