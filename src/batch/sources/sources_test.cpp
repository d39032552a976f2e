#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "sources/source.hpp"

namespace vidi::sources {
namespace {

namespace fs = std::filesystem;
using Keys = std::vector<std::string>;

class Sources : public testing::Test {
 protected:
  Sources() {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Sources() override { fs::remove_all(folder_); }
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  Sources(Sources&&) = delete;
  Sources& operator=(Sources&&) = delete;

  void put(const std::string& name, const std::string& content = "picture") {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << content;
  }

  static std::vector<Entry> list(const std::string& name) {
    std::vector<Entry> entries;
    auto source = open_source(name);
    EXPECT_TRUE(source) << source.error().message;
    auto listed = (*source)->list([&](const Entry& entry) -> Result<void> {
      entries.push_back(entry);
      return {};
    });
    EXPECT_TRUE(listed) << listed.error().message;
    return entries;
  }

  static Keys keys(const std::vector<Entry>& entries) {
    Keys keys;
    for (const Entry& entry : entries) keys.push_back(entry.key);
    return keys;
  }

  fs::path folder_ = fs::path(testing::TempDir()) / "sources" / "fruits";
};

TEST_F(Sources, ListAFolderByTheBytesOfItsKeys) {
  for (const char* name : {"b/2.jpg", "b/10.jpg", "a.jpg", "a/x.jpg", "a-b/y.jpg", "ä.jpg", "b/c/d.jpg"}) put(name);
  const auto entries = list(folder_.string());
  EXPECT_EQ(keys(entries), (Keys{"a-b/y.jpg", "a.jpg", "a/x.jpg", "b/10.jpg", "b/2.jpg", "b/c/d.jpg", "ä.jpg"}));
  EXPECT_EQ(entries[0].label, "a-b");
  EXPECT_EQ(entries[1].label, "fruits") << "the source's own name, where there is no folder";
  EXPECT_EQ(entries[5].label, "c");
  EXPECT_EQ(entries[0].size, 7);
}

TEST_F(Sources, LeaveHiddenFilesOutAndEndLoopsOfLinks) {
  for (const char* name : {".hidden.jpg", ".vidi/x.jpg", "a/1.jpg"}) put(name);
  fs::create_directory_symlink(folder_, folder_ / "a" / "again");
  fs::create_directory_symlink(folder_ / "a", folder_ / "link");
  fs::create_symlink("nowhere", folder_ / "broken.jpg");
  EXPECT_EQ(keys(list(folder_.string())), (Keys{"a/1.jpg", "link/1.jpg"}));
}

TEST_F(Sources, KnowAPictureThatHasChanged) {
  put("a.jpg");
  const Entry before = list(folder_.string()).front();
  fs::last_write_time(folder_ / "a.jpg", fs::file_time_type::clock::now() + std::chrono::seconds(5));
  EXPECT_NE(list(folder_.string()).front().version, before.version);
}

TEST_F(Sources, SayWhyAPictureCannotBeRead) {
  put("a.jpg");
  const auto source = open_source(folder_.string()).value();
  EXPECT_EQ(source->read({.key = "a.jpg"}, 7)->bytes.size(), 7U);
  EXPECT_EQ(source->read({.key = "a.jpg"}, 6).error().code, ErrorCode::too_large);
  EXPECT_EQ(source->read({.key = "b.jpg"}, 6).error().code, ErrorCode::not_found);
  EXPECT_EQ(source->traffic().bytes, 7U);
}

TEST_F(Sources, ReadAListRelativeToItsOwnFolder) {
  put("Kiwi/1.jpg");
  put("list.txt",
      "# pictures\r\nKiwi/1.jpg\r\n\nKiwi/1.jpg\tgreen\n"
      "https://example.org/Lemon/2.jpg?X-Amz-Signature=secret#x\ns3://pictures/Plum/3.jpg?region=eu-west-1\n");
  const auto entries = list((folder_ / "list.txt").string());
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[0].key, "Kiwi/1.jpg");
  EXPECT_EQ(entries[0].label, "Kiwi");
  EXPECT_EQ(entries[0].size, 7);
  EXPECT_EQ(entries[1].label, "green");
  EXPECT_EQ(entries[2].key, "https://example.org/Lemon/2.jpg");
  EXPECT_EQ(entries[2].label, "Lemon");
  EXPECT_NE(entries[2].location.find("secret"), std::string::npos);
  EXPECT_EQ(entries[3].key, "s3://pictures/Plum/3.jpg");
  const auto source = open_source((folder_ / "list.txt").string()).value();
  EXPECT_EQ(source->read(entries[0], 100)->bytes.size(), 7U);
}

TEST_F(Sources, NameTheLineOfAListThatIsWrong) {
  put("list.txt", "a.jpg\n\tlabel\n");
  const auto source = open_source((folder_ / "list.txt").string()).value();
  const auto listed = source->list([](const Entry&) -> Result<void> { return {}; });
  ASSERT_FALSE(listed);
  EXPECT_NE(listed.error().message.find("line 2"), std::string::npos) << listed.error().message;
}

TEST_F(Sources, AreNotFoundWhereThereAreNone) {
  const auto source = open_source((folder_ / "none").string());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::not_found);
  EXPECT_FALSE(open_source("s3://B/x")) << "no bucket has a name of one letter";
}

TEST(FolderOf, IsTheLastFolderOfAKey) {
  EXPECT_EQ(folder_of("a/b/c.jpg", "root"), "b");
  EXPECT_EQ(folder_of("b/c.jpg", "root"), "b");
  EXPECT_EQ(folder_of("c.jpg", "root"), "root");
}

}  // namespace
}  // namespace vidi::sources
