#pragma once
// A folder with a local store in it, for its tests.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "contract/sample_pictures.hpp"
#include "objects/local/local_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::objects::local {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

class LocalStoreTest : public testing::Test {
 protected:
  void open(const Options& options = {}) {
    store_.reset();
    store_ = open_store(folder_.string(), options);
  }
  void close() { store_.reset(); }

  Digest put(const Bytes& bytes) {
    const Digest digest = sha256(bytes);
    const auto done = run(store_->put(digest, bytes));
    EXPECT_TRUE(done) << done.error().message;
    return digest;
  }
  Result<std::optional<Bytes>> get(const Digest& digest) { return run(store_->get(digest)); }
  bool contains(const Digest& digest) { return run(store_->contains(digest)).value(); }
  bool remove(const Digest& digest) { return run(store_->remove(digest)).value(); }

  // Files with that extension in the folder of segments, in order.
  std::vector<std::filesystem::path> files(const std::string& extension) {
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / "segments")) {
      if (file.path().extension() == extension) found.push_back(file.path());
    }
    std::ranges::sort(found);
    return found;
  }

  const FreshFolder fresh_;
  const std::filesystem::path folder_ = fresh_.path() / "objects";
  std::unique_ptr<ObjectStore> store_;
};

}  // namespace vidi::objects::local
