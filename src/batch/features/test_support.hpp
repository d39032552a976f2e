#pragma once
// What tests of this module are made of: a source in memory, and a network whose answers can be told.

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "image/encode.hpp"
#include "inference/picture_network.hpp"
#include "sources/source.hpp"

namespace vidi::features::test {

// A folder that is gone with the test.
class Folder {
 public:
  explicit Folder(const std::string& name) : path_(std::filesystem::path(testing::TempDir()) / name) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A gray PNG of 4x4 pixels.
inline Bytes make_picture(int gray) {
  image::Image picture = image::make_image(4, 4, 1);
  for (auto& pixel : picture.pixels) pixel = static_cast<std::uint8_t>(gray);
  return image::encode_png(picture);
}

// Pictures by their keys. Change them while nobody uses it.
class MemorySource final : public sources::Source {
 public:
  struct Stored {
    Bytes bytes;
    std::string version = "1";
  };
  std::map<std::string, Stored> pictures;
  std::function<void(const std::string& key)> before_read = [](const std::string&) {};
  std::atomic<int> unavailable = 0;  // how many reads fail from now on

  void put(const std::string& key, int gray, const std::string& version = "1") {
    pictures[key] = {.bytes = make_picture(gray), .version = version};
  }

  Result<void> list(const Take& take) override {
    for (const auto& [key, stored] : pictures) {
      auto taken = take({.key = key,
                         .label = sources::folder_of(key, "root"),
                         .size = static_cast<std::int64_t>(stored.bytes.size()),
                         .version = stored.version});
      if (!taken) return taken;
    }
    return {};
  }

  Result<sources::Picture> read(const sources::Entry& entry, std::uint64_t /*max_bytes*/) override {
    before_read(entry.key);
    {
      const std::scoped_lock lock(mutex_);
      reads_.insert(entry.key);
    }
    if (unavailable-- > 0) return fail(ErrorCode::unavailable, "the source is away");
    unavailable = 0;
    const auto found = pictures.find(entry.key);
    if (found == pictures.end()) return fail(ErrorCode::not_found, "the picture is gone");
    return sources::Picture{.bytes = found->second.bytes, .version = found->second.version};
  }

  [[nodiscard]] std::size_t reads_at_once() const override { return 2; }
  [[nodiscard]] sources::Traffic traffic() const override { return {}; }

  [[nodiscard]] std::multiset<std::string> reads() const { return reads_; }

 private:
  std::mutex mutex_;
  std::multiset<std::string> reads_;
};

// Of a picture of one color: (gray, 2 * gray, 1).
class GrayNetwork final : public inference::PictureNetwork {
 public:
  Result<void> infer(std::span<const std::uint8_t> pictures, std::size_t count, std::span<float> rows) override {
    const std::size_t size = pictures.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto gray = static_cast<float>(pictures[i * size]);
      rows[3 * i] = gray;
      rows[3 * i + 1] = 2 * gray;
      rows[3 * i + 2] = 1;
    }
    return {};
  }
  [[nodiscard]] std::size_t batch() const override { return 4; }
  [[nodiscard]] std::size_t streams() const override { return 2; }
  [[nodiscard]] std::size_t columns() const override { return 3; }
  [[nodiscard]] const inference::Execution& execution() const override { return execution_; }

 private:
  inference::Execution execution_;
};

}  // namespace vidi::features::test
