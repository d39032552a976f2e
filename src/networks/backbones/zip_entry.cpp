#include "backbones/zip_entry.hpp"

#include <fmt/format.h>
#include <minizip/unzip.h>

#include <algorithm>
#include <memory>

namespace vidi::backbones {

Result<Bytes> read_zip_entry(const std::filesystem::path& archive, const std::string& name, std::uint64_t most) {
  const std::string file = archive.filename().string();
  const auto damaged = [&] {
    return fail(ErrorCode::undecodable, fmt::format("{} is no zip archive, or a damaged one", file));
  };
  const auto close = [](void* opened) { unzClose(opened); };
  const std::unique_ptr<void, decltype(close)> zip(unzOpen64(archive.c_str()), close);
  if (!zip) return damaged();
  if (unzLocateFile(zip.get(), name.c_str(), 1) != UNZ_OK) {
    return fail(ErrorCode::not_found, fmt::format("{} holds no {}", file, name));
  }
  unz_file_info64 info{};
  if (unzGetCurrentFileInfo64(zip.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) return damaged();
  if (info.uncompressed_size > most) {
    return fail(ErrorCode::too_large,
                fmt::format("{} in {} has {} bytes, more than {}", name, file, info.uncompressed_size, most));
  }
  if (unzOpenCurrentFile(zip.get()) != UNZ_OK) return damaged();
  Bytes bytes;
  constexpr std::size_t kStep = std::size_t{8} << 20U;  // an archive that promises more than it holds costs no more
  for (std::size_t filled = 0; filled < info.uncompressed_size;) {
    bytes.resize(std::min<std::uint64_t>(info.uncompressed_size, filled + kStep));
    const int read = unzReadCurrentFile(zip.get(), bytes.data() + filled, static_cast<unsigned>(bytes.size() - filled));
    if (read <= 0) return damaged();
    filled += static_cast<std::size_t>(read);
  }
  // Compares the checksum.
  if (unzCloseCurrentFile(zip.get()) != UNZ_OK) return damaged();
  return bytes;
}

}  // namespace vidi::backbones
