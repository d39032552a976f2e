#include "datasets/labeled_folders.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace vidi::datasets {
namespace {

namespace fs = std::filesystem;

class LabeledFoldersTest : public testing::Test {
 protected:
  LabeledFoldersTest() { fs::remove_all(folder_); }
  ~LabeledFoldersTest() override { fs::remove_all(folder_); }
  LabeledFoldersTest(const LabeledFoldersTest&) = delete;
  LabeledFoldersTest& operator=(const LabeledFoldersTest&) = delete;
  LabeledFoldersTest(LabeledFoldersTest&&) = delete;
  LabeledFoldersTest& operator=(LabeledFoldersTest&&) = delete;

  void add(const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "labelled-folders";
};

TEST_F(LabeledFoldersTest, TheFolderIsTheLabel) {
  for (const char* name : {"Plum/b.jpg", "Plum/a.jpg", "Apple Red/c.png", "readme.txt", ".cache/d.jpg", "Plum/.hidden",
                           "Plum/deeper/e.jpg"}) {
    add(name);
  }
  const auto files = list_labeled_files(folder_);
  ASSERT_TRUE(files) << files.error().message;
  std::vector<std::string> found;
  for (const LabeledFile& file : *files) found.push_back(file.label + ":" + file.path.filename().string());
  EXPECT_THAT(found, testing::ElementsAre("Apple Red:c.png", "Plum:a.jpg", "Plum:b.jpg"));
}

TEST_F(LabeledFoldersTest, SaysWhatIsMissing) {
  EXPECT_EQ(list_labeled_files(folder_).error().code, ErrorCode::not_found);
  add("picture.jpg");
  const auto none = list_labeled_files(folder_);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, testing::HasSubstr("holds no labeled pictures: they are kept as LABEL/FILE"));
}

}  // namespace
}  // namespace vidi::datasets
