#include <fmt/format.h>

#include <array>
#include <fstream>
#include <system_error>

#include "image/formats.hpp"
#include "sources/sources.hpp"

namespace vidi::sources {
namespace {

namespace fs = std::filesystem;

// A picture, or a list of pictures: the first bytes tell. A list may begin with a number, as a picture written as text
// does.
bool is_picture(const fs::path& file) {
  std::array<char, 64> begin{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(begin.data(), begin.size());
  const image::Format* format = image::sniff(as_bytes({begin.data(), static_cast<std::size_t>(stream.gcount())}));
  return format != nullptr && format->kind != image::FormatKind::text;
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const std::string& name) {
  if (name.starts_with("s3://")) {
    auto address = objects::s3::complete_address(name);
    if (!address) return forward_error(address);
    return open_bucket(*address);
  }
  if (name.starts_with("http://") || name.starts_with("https://")) return open_single(name);
  std::error_code error;
  const fs::file_status status = fs::status(name, error);
  if (fs::is_directory(status)) return open_folder(name);
  if (fs::is_regular_file(status)) return is_picture(name) ? open_single(name) : open_list(name);
  return fail(
      ErrorCode::not_found,
      fmt::format("there is no {}: expected a folder of pictures, s3://BUCKET/PREFIX, the address of a picture, or "
                  "a file that names pictures, one a line",
                  name));
}

}  // namespace vidi::sources
