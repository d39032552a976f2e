#include "model_writing/model_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/fresh_folder.hpp"

namespace vidi::model_writing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ModelWriter : public testing::Test {
 protected:
  [[nodiscard]] Destination version(unsigned number, bool force = false) const {
    return {.root = folder_.path() / "models", .name = "digits", .version = number, .force = force};
  }
  [[nodiscard]] std::string model(unsigned number) const {
    return folder_.read("models/digits/" + std::to_string(number) + "/model.onnx");
  }
  [[nodiscard]] std::string card() const { return folder_.read("models/digits/model.toml"); }

  FreshFolder folder_;
};

TEST_F(ModelWriter, WritesTheFilesAndNothingElse) {
  ASSERT_TRUE(write_model(version(1), as_bytes("onnx"), "toml"));
  EXPECT_THAT(folder_.files(), ElementsAre("models/digits/1/model.onnx", "models/digits/model.toml"));
  EXPECT_EQ(model(1), "onnx");
  EXPECT_EQ(card(), "toml");
}

TEST_F(ModelWriter, WritesWhatStandsBesideTheModelToo) {
  const FurtherFiles further{{"report/report.md", to_bytes("good")}, {"facts.json", to_bytes("{}")}};
  ASSERT_TRUE(write_model(version(1), as_bytes("onnx"), "toml", further));
  EXPECT_THAT(folder_.files(), ElementsAre("models/digits/1/model.onnx", "models/digits/facts.json",
                                           "models/digits/model.toml", "models/digits/report/report.md"));
  ASSERT_TRUE(write_model(version(2), as_bytes("newer"), "toml", {{"report/report.md", to_bytes("better")}}));
  EXPECT_EQ(folder_.read("models/digits/report/report.md"), "better");
  EXPECT_EQ(folder_.read("models/digits/facts.json"), "{}");
}

TEST_F(ModelWriter, RefusesToReplaceAVersionAndNamesIt) {
  ASSERT_TRUE(write_model(version(3), as_bytes("old"), "old card"));
  for (const auto& refused : {check_destination(version(3)), write_model(version(3), as_bytes("new"), "new card")}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_THAT(refused.error().message, HasSubstr("version 3 of digits exists"));
    EXPECT_THAT(refused.error().message, HasSubstr("--force"));
  }
  EXPECT_EQ(model(3), "old");
  EXPECT_EQ(card(), "old card");
}

TEST_F(ModelWriter, ReplacesAVersionWhenForced) {
  ASSERT_TRUE(write_model(version(1), as_bytes("old"), "old card"));
  ASSERT_TRUE(write_model(version(1, true), as_bytes("new"), "new card"));
  EXPECT_EQ(model(1), "new");
  EXPECT_EQ(card(), "new card");
  EXPECT_EQ(folder_.files().size(), 2U) << "a temporary file was left behind";
}

TEST_F(ModelWriter, AddsAVersionBesideAnother) {
  ASSERT_TRUE(write_model(version(1), as_bytes("one"), "card of one"));
  ASSERT_TRUE(write_model(version(2), as_bytes("two"), "card of two"));
  EXPECT_EQ(model(1), "one");
  EXPECT_EQ(model(2), "two");
  EXPECT_EQ(card(), "card of two");
  EXPECT_EQ(folder_.files().size(), 3U) << "a temporary file was left behind";
}

TEST_F(ModelWriter, RefusesARootThatIsAFileBeforeTrainingBegins) {
  folder_.write("models", "a file");
  const auto refused = check_destination(version(1));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("is not a folder"));
}

TEST_F(ModelWriter, RefusesARootThatCannotBeWritten) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto refused = check_destination(version(1));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("cannot be written"));
}

TEST_F(ModelWriter, LeavesTheOldModelWhenTheNewOneCannotBeWritten) {
  ASSERT_TRUE(write_model(version(1), as_bytes("old"), "old card"));
  // A folder in the place of the file cannot be renamed over.
  std::filesystem::remove(folder_.path() / "models/digits/model.toml");
  std::filesystem::create_directories(folder_.path() / "models/digits/model.toml/in the way");
  EXPECT_FALSE(write_model(version(1, true), as_bytes("new"), "new card"));
  EXPECT_THAT(folder_.files(), ElementsAre("models/digits/1/model.onnx")) << "a temporary file was left behind";
}

}  // namespace
}  // namespace vidi::model_writing
