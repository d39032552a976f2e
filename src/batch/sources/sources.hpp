#pragma once
// The kinds of source. For open.cpp and list.cpp.

#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "objects/s3/address.hpp"
#include "sources/source.hpp"

namespace vidi::sources {

Result<std::unique_ptr<Source>> open_folder(const std::filesystem::path& folder);
Result<std::unique_ptr<Source>> open_bucket(objects::s3::Address address);
// A file that names pictures.
Result<std::unique_ptr<Source>> open_list(const std::filesystem::path& file);
// One picture, by its path or address.
Result<std::unique_ptr<Source>> open_single(const std::string& location);

// Reads a file. Errors: as Source::read().
Result<Picture> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);

// The time of a file's last change.
std::string version_of(const struct stat& status);

Error too_large(std::uint64_t size, std::uint64_t max_bytes);

}  // namespace vidi::sources
