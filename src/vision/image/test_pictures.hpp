#pragma once
// The pictures of tests/data and the pixels they must give, for tests only.

#include <filesystem>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "image/image.hpp"

namespace vidi::image {

Bytes read_file(const std::filesystem::path& path);

// A PAM file (Netpbm's P7) of 8 bits a channel. Throws std::runtime_error when it is none.
Image read_pam(const std::filesystem::path& path);

// Names of the pictures in tests/data/pictures whose pixels stand beside them, sorted.
std::vector<std::string> picture_names();

Bytes picture(const std::string& name);
Image expected_pixels(const std::string& name);

}  // namespace vidi::image
