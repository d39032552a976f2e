#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "files/file.hpp"
#include "sources/sources.hpp"

namespace vidi::sources {
namespace {

namespace fs = std::filesystem;

// Names a folder by what it is, wherever links lead.
using FolderId = std::pair<dev_t, ino_t>;

class Folder final : public Source {
 public:
  explicit Folder(fs::path root) : root_(std::move(root)), name_(fs::weakly_canonical(root_).filename().string()) {}

  Result<void> list(const Take& take) override {
    std::set<FolderId> above;
    return list(root_, "", above, take);
  }

  Result<Picture> read(const Entry& entry, std::uint64_t max_bytes) override {
    auto picture = read_file(root_ / entry.key, max_bytes);
    if (picture) bytes_ += picture->bytes.size();
    return picture;
  }

  // Some wait for the disk while others copy.
  [[nodiscard]] std::size_t reads_at_once() const override { return 4; }
  [[nodiscard]] Traffic traffic() const override { return {.bytes = bytes_}; }

 private:
  // Those of folders end in a slash, which puts keys in the order of their bytes.
  Result<std::vector<std::string>> names_in(const fs::path& folder) const {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
      std::string name = entry->path().filename().string();
      if (name.starts_with('.')) continue;
      std::error_code unknown;
      if (entry->is_directory(unknown)) name += '/';
      names.push_back(std::move(name));
    }
    if (error) {
      return fail(ErrorCode::not_found,
                  fmt::format("the folder {} cannot be read: {}", folder.string(), error.message()));
    }
    std::ranges::sort(names);
    return names;
  }

  // `above`: the folders that this one lies in, so that a link to one of them is not followed for ever.
  Result<void> list(const fs::path& folder, const std::string& prefix, std::set<FolderId>& above, const Take& take) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0) return {};  // gone meanwhile
    const FolderId id{status.st_dev, status.st_ino};
    if (!above.insert(id).second) return {};
    auto names = names_in(folder);
    if (!names) {
      if (prefix.empty()) return forward_error(names);
      names->clear();
    }
    for (const std::string& name : *names) {
      auto listed = name.ends_with('/') ? list(folder / name.substr(0, name.size() - 1), prefix + name, above, take)
                                        : list_file(folder / name, prefix + name, take);
      if (!listed) return listed;
    }
    above.erase(id);
    return {};
  }

  Result<void> list_file(const fs::path& path, const std::string& key, const Take& take) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
    return take({.key = key, .label = folder_of(key, name_), .size = status.st_size, .version = version_of(status)});
  }

  const fs::path root_;
  const std::string name_;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace

std::string folder_of(std::string_view key, std::string_view root) {
  const std::size_t end = key.rfind('/');
  if (end == std::string_view::npos) return std::string(root);
  const std::string_view folder = key.substr(0, end);
  const std::size_t begin = folder.rfind('/');
  return std::string(begin == std::string_view::npos ? folder : folder.substr(begin + 1));
}

std::string version_of(const struct stat& status) {
  return fmt::format("{}.{:09}", status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

Error too_large(std::uint64_t size, std::uint64_t max_bytes) {
  return {ErrorCode::too_large, fmt::format("the file has {} bytes; at most {} are read", size, max_bytes)};
}

Result<Picture> read_file(const fs::path& path, std::uint64_t max_bytes) {
  const auto explained = [](const files::Failure& failure) -> std::unexpected<Error> {
    const std::error_code reason(failure.code, std::generic_category());
    if (failure.code == ENOENT || failure.code == ENOTDIR) return fail(ErrorCode::not_found, "the file is gone");
    if (failure.code == EACCES || failure.code == EPERM) return fail(ErrorCode::forbidden, "the file may not be read");
    return fail(ErrorCode::unavailable, "the file cannot be read: " + reason.message());
  };
  const auto file = files::File::open(path, O_RDONLY);
  if (!file) return explained(file.error());
  struct stat status{};
  if (::fstat(file->descriptor(), &status) != 0) return explained({.code = errno});
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::not_found, "there is no file of that name any more");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) return std::unexpected(too_large(size, max_bytes));
  Picture picture{.bytes = Bytes(size), .version = version_of(status)};
  const auto read = file->read(picture.bytes, 0);
  if (!read) return explained(read.error());
  picture.bytes.resize(*read);
  return picture;
}

Result<std::unique_ptr<Source>> open_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return fail(ErrorCode::not_found, fmt::format("there is no folder {}", folder.string()));
  }
  return std::make_unique<Folder>(folder);
}

}  // namespace vidi::sources
