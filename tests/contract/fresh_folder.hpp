#pragma once
// Folders for tests. Tests run beside each other, also the same ones of two builds, so every folder is new.

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace vidi {

// Deletes its folder when it is destroyed.
class FreshFolder {
 public:
  FreshFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "vidi_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    // Some tests go on as another user.
    std::filesystem::permissions(name, std::filesystem::perms(0755));
    path_ = name;
  }
  ~FreshFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace vidi
