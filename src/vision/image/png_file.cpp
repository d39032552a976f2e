#include "image/png_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "image/encode.hpp"

namespace vidi::image {

Result<void> write_png(const std::string& path, const Image& picture) {
  const Bytes bytes = encode_png(picture);
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return {};
  const std::error_code reason(errno, std::generic_category());
  return fail(ErrorCode::internal, fmt::format("{} cannot be written: {}", path, reason.message()));
}

}  // namespace vidi::image
